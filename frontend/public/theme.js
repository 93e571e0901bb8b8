// Runs before the first paint, so a stored theme never flashes the other one. Without a stored choice the
// stylesheet follows prefers-color-scheme by itself.
try {
  const theme = localStorage.getItem("scaleops.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is blocked: the system's theme stays.
}
