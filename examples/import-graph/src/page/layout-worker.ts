import { layoutOf, type LayoutTask } from './model/force.js';

/** Between two pictures of a layout on its way: the page has to draw each. */
const interval = 250;

addEventListener('message', ({ data }: MessageEvent<LayoutTask>) => {
  const layout = layoutOf(data);
  let shown = performance.now();
  while (layout.step()) {
    if (performance.now() - shown < interval) continue;
    postMessage({ places: layout.places(), finished: false });
    shown = performance.now();
  }
  postMessage({ places: layout.places(), finished: true });
});
