import { rmSync } from "node:fs";
import { FOLDER } from "./environment";

export default function removeStores(): void {
  rmSync(FOLDER, { recursive: true, force: true });
}
