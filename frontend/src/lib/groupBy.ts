type Group<Item> = [Item, ...Item[]];

/** Items with the same key together, the groups in the order of their first items. */
export function groupBy<Item>(items: readonly Item[], key: (item: Item) => unknown): Group<Item>[] {
  const groups = new Map<unknown, Group<Item>>();
  for (const item of items) {
    const group = groups.get(key(item));
    if (group) group.push(item);
    else groups.set(key(item), [item]);
  }
  return [...groups.values()];
}
