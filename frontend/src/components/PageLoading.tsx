import { usePage } from "@/hooks/usePage";
import { ChartLoading } from "./chart/ChartStates";
import { TileRow } from "./stats/Tile";
import { Card } from "./ui/Card";
import { Skeleton } from "./ui/Skeleton";

/** The page's shape while it is not known what is stored, or what the server offers. */
export function PageLoading() {
  const horizons = usePage().limits?.horizons ?? [];
  return (
    <>
      <TileRow>
        {["now", ...horizons].map((tile) => (
          <Card key={tile} className="p-4">
            <Skeleton className="h-3 w-20" />
            <Skeleton className="mt-3 h-14 w-28" />
          </Card>
        ))}
      </TileRow>
      <Card className="px-4">
        <ChartLoading />
      </Card>
    </>
  );
}
