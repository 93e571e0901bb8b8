/** The chart's colours, read from the stylesheet because a canvas does not know CSS variables. */

const TOKENS = {
  ink: "--ink",
  muted: "--muted",
  surface: "--surface",
  control: "--control",
  grid: "--chart-grid",
  future: "--chart-future",
  outage: "--chart-outage",
  actual: "--series-actual",
  lgbmPlus: "--series-lgbm-plus",
  lgbm: "--series-lgbm",
  band: "--series-band",
  anomaly: "--series-anomaly",
  past: "--series-past",
} as const;

export type Palette = Record<keyof typeof TOKENS, string>;

/** The tokens' values in the theme in force. light-dark() is resolved by asking for a real element's colour. */
export function readPalette(parent: HTMLElement): Palette {
  const probe = document.createElement("span");
  parent.append(probe);
  const colours = Object.entries(TOKENS).map(([name, token]) => {
    probe.style.color = `var(${token})`;
    return [name, getComputedStyle(probe).color];
  });
  probe.remove();
  return Object.fromEntries(colours) as Palette;
}
