import { Moon, Sun } from "lucide-react";
import { Button } from "@/components/ui/Button";
import { usePage } from "@/hooks/usePage";

export function ThemeToggle() {
  const { theme, setTheme } = usePage();
  const other = theme === "dark" ? "light" : "dark";
  const Icon = theme === "dark" ? Sun : Moon;
  return (
    <Button
      variant="ghost"
      size="icon"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => setTheme(other)}
    >
      <Icon aria-hidden className="size-4" />
    </Button>
  );
}
