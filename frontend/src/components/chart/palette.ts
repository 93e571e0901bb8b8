/** The chart's colours, read from the stylesheet because a canvas does not know CSS variables. */
export type Palette = (token: string) => string;

/** Resolves CSS custom properties in the theme in force, light-dark() too, by asking for a real element's colour. */
export function readPalette(parent: HTMLElement): Palette {
  const colours = new Map<string, string>();
  return (token) => {
    const known = colours.get(token);
    if (known !== undefined) return known;
    const probe = document.createElement("span");
    probe.style.color = `var(${token})`;
    probe.style.forcedColorAdjust = "none";
    parent.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    colours.set(token, colour);
    return colour;
  };
}
