export { otel, type OtelOptions } from './open-telemetry.js';
