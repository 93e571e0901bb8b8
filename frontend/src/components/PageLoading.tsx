import { ChartLoading } from "./chart/ChartStates";
import { Card } from "./ui/Card";
import { Skeleton } from "./ui/Skeleton";

/** The page's shape while it is not known what is stored. */
export function PageLoading() {
  return (
    <>
      <div className="grid grid-cols-2 gap-3 lg:grid-cols-4">
        {[0, 1, 2, 3].map((tile) => (
          <Card key={tile} className="p-4">
            <Skeleton className="h-3 w-20" />
            <Skeleton className="mt-3 h-14 w-28" />
          </Card>
        ))}
      </div>
      <Card className="px-4">
        <ChartLoading />
      </Card>
    </>
  );
}
