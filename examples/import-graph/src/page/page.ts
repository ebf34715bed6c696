// The bundle is two programs, which share the model: the page, and the worker that it starts from the same file. What the other one needs is not
// evaluated: a worker has no document to draw into.
if (typeof document === 'undefined') await import('./layout-worker.js');
else await import('./app.js');
