import type { NodeDisplayData, PartialButFor } from 'sigma/types';
import type { Palette } from './palette.js';

type Node = PartialButFor<NodeDisplayData, 'x' | 'y' | 'size' | 'label' | 'color'>;
type Context = CanvasRenderingContext2D;

const font = "system-ui, -apple-system, 'Segoe UI', sans-serif";

/** Writes the name beside a module, legible on any line that runs below it. */
export function drawLabel(context: Context, { x, y, size, label, role }: Node, palette: Palette): void {
  if (typeof label !== 'string') return;
  context.font = `${role === undefined ? 400 : 500} 11px ${font}`;
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 3;
  context.strokeStyle = palette.back;
  context.strokeText(label, x + size + 4, y + 0.5);
  context.fillStyle = role === undefined ? palette.dim : palette.text;
  context.fillText(label, x + size + 4, y + 0.5);
}

/** Rings the module that is pointed at or selected, and says its whole path. */
export function drawHover(context: Context, { x, y, size, path, color }: Node, palette: Palette): void {
  context.beginPath();
  context.arc(x, y, size + 3, 0, 2 * Math.PI);
  context.fillStyle = palette.back;
  context.fill();
  context.lineWidth = 2;
  context.strokeStyle = color;
  context.stroke();
  if (typeof path !== 'string') return;

  context.font = `500 12px ${font}`;
  context.textBaseline = 'middle';
  const width = Math.ceil(context.measureText(path).width) + 16;
  const room = context.canvas.clientWidth - 8;
  // To the left where there is no room to the right.
  const left = x + size + 8 + width <= room ? x + size + 8 : Math.max(8, Math.min(x - size - 8 - width, room - width));
  context.beginPath();
  context.roundRect(left + 0.5, y - 12 + 0.5, width, 24, 5);
  context.fillStyle = palette.panel;
  context.shadowColor = 'rgb(0 0 0 / 0.18)';
  context.shadowBlur = 10;
  context.shadowOffsetY = 2;
  context.fill();
  context.shadowColor = 'transparent';
  context.lineWidth = 1;
  context.strokeStyle = palette.line;
  context.stroke();
  context.fillStyle = palette.text;
  context.fillText(path, left + 8.5, y + 1);
}
