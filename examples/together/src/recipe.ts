// Dishes that need other dishes, found while cooking: each is made once, two at a time at most, and what needs itself is said so.
import { Queue } from '@x/async';
import { OnceMap, SelfDependencyError, Worker } from '@x/workgraph';

const recipes: Record<string, string[]> = {
  lasagne: ['pasta', 'ragù', 'béchamel'],
  ragù: ['tomatoes'],
  béchamel: ['roux'],
  soup: ['stock'],
  stock: ['soup'],
};

const stove = new Queue((dish: string) => console.log(`cook ${dish}`), { parallelism: 2 });
await stove.start();

const kitchen = new OnceMap(
  async (dish: string, worker): Promise<number> => {
    const parts = await Promise.all((recipes[dish] ?? []).map((part) => kitchen.get(part, worker)));
    await stove.submit(dish);
    return parts.reduce((sum, part) => sum + part, 1);
  },
  { name: (dish) => dish },
);

const guest = new Worker({ name: 'guest' });
console.log(`lasagne takes ${await kitchen.get('lasagne', guest)} steps`);
try {
  await kitchen.get('soup', guest);
} catch (error) {
  if (!(error instanceof SelfDependencyError)) throw error;
  console.log(`${error.code}: ${error.requestIds.map(String).join(', ')}`);
}
await stove.stop();
// Output:
// cook pasta
// cook tomatoes
// cook roux
// cook ragù
// cook béchamel
// cook lasagne
// lasagne takes 6 steps
// ERR_SELF_DEPENDENCY: soup, stock
