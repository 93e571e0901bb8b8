import { Moon, Sun } from "lucide-react";
import { Button } from "@/components/ui/Button";
import type { Theme } from "@/hooks/useTheme";

interface ThemeToggleProps {
  theme: Theme;
  onChoose: (theme: Theme) => void;
}

export function ThemeToggle({ theme, onChoose }: ThemeToggleProps) {
  const other = theme === "dark" ? "light" : "dark";
  const Icon = theme === "dark" ? Sun : Moon;
  return (
    <Button
      variant="ghost"
      size="icon"
      aria-label={`Use the ${other} theme`}
      title={`Use the ${other} theme`}
      onClick={() => onChoose(other)}
    >
      <Icon aria-hidden className="size-4" />
    </Button>
  );
}
