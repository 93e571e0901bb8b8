import { useState } from "react";
import { store, stored } from "@/lib/storage";
import { useMedia } from "./useMedia";

export type Theme = "light" | "dark";

const KEY = "scaleops.theme"; // public/theme.js reads it before the first paint
const SYSTEM_DARK = "(prefers-color-scheme: dark)";

function chosenTheme(): Theme | null {
  const theme = stored(KEY);
  return theme === "light" || theme === "dark" ? theme : null;
}

/** The theme in force: the one chosen here, else the system's. */
export function useTheme(): [Theme, (theme: Theme) => void] {
  const [chosen, setChosen] = useState(chosenTheme);
  const systemDark = useMedia(SYSTEM_DARK);

  const choose = (theme: Theme) => {
    document.documentElement.dataset.theme = theme;
    store(KEY, theme);
    setChosen(theme);
  };

  return [chosen ?? (systemDark ? "dark" : "light"), choose];
}
