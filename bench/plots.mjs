// Draws a question: a panel a case. Dots on a logarithmic scale, ours at 1: what takes ten times as long stands at 10.
import { init } from 'echarts';

/** @typedef {import('./records.mjs').Findings} Findings */
/** @typedef {import('./records.mjs').Case} Case */

const colours = ['#1f6feb', '#d1661b', '#3fa34d', '#8250df', '#777777', '#c2185b'];
const colourOf = { ours: '#1f6feb', peer: '#d1661b', floor: '#777777' };
const width = 860;
const left = 270;

/**
 * Where a contender stands: times ours, or, where ours is no measure, the number itself.
 * @param {Case} one @param {string} name
 * @returns {number | undefined}
 */
function position(one, name) {
  const row = one.rows.find((candidate) => candidate.name === name);
  if (row?.value === undefined) return undefined;
  const first = one.rows.find(({ role }) => role === 'ours');
  if (one.unit === 'depth' || first === undefined) return row.value.median || undefined;
  if (row === first) return first.value !== undefined && first.value.median > 0 ? 1 : undefined;
  const ratio = row.ratios[first.name]?.median ?? (first.value?.median ?? NaN) / row.value.median;
  return Number.isFinite(1 / ratio) && ratio > 0 ? 1 / ratio : undefined;
}

/**
 * @param {Map<string, Findings>} byNode
 * @returns {string} an SVG
 */
export function draw(byNode) {
  const nodes = [...byNode.keys()];
  const cases =
    [...byNode.values()][0]?.cases.filter(({ rows }) => rows.some(({ value }) => value !== undefined)) ?? [];
  /** @type {object[]} */
  const title = [];
  /** @type {object[]} */
  const grid = [];
  /** @type {object[]} */
  const xAxis = [];
  /** @type {object[]} */
  const yAxis = [];
  /** @type {object[]} */
  const series = [];
  let top = 60;
  title.push({
    text: 'Times ours, on a logarithmic scale: what is right of 1 takes more. Blue: ours, grey: the floor.',
    left: 12,
    top: 12,
    textStyle: { fontSize: 12, fontWeight: 'normal', color: '#555' },
  });
  for (const [index, one] of cases.entries()) {
    const names = [
      ...new Set(nodes.flatMap((node) => findCase(byNode, node, one.id)?.rows.map(({ name }) => name) ?? [])),
    ];
    const height = names.length * 20;
    title.push({ text: one.title, left: 12, top, textStyle: { fontSize: 13, fontWeight: 'bold' } });
    grid.push({ left, right: 40, top: top + 28, height });
    xAxis.push({
      gridIndex: index,
      type: 'log',
      axisLabel: { formatter: (/** @type {number} */ value) => String(Number(value.toPrecision(3))) },
      splitLine: { lineStyle: { color: '#ddd' } },
    });
    yAxis.push({ gridIndex: index, type: 'category', data: names, inverse: true, axisTick: { show: false } });
    for (const [order, node] of nodes.entries()) {
      const found = findCase(byNode, node, one.id);
      series.push({
        name: `Node ${node}`,
        type: 'scatter',
        xAxisIndex: index,
        yAxisIndex: index,
        symbolSize: 10,
        symbol: order === 0 ? 'circle' : 'diamond',
        itemStyle: { color: '#444', opacity: 0.85 },
        data: names.flatMap((name) => {
          const at = found === undefined ? undefined : position(found, name);
          const role = found?.rows.find((row) => row.name === name)?.role ?? 'peer';
          return at === undefined ? [] : [{ value: [at, name], itemStyle: { color: colourOf[role] } }];
        }),
      });
    }
    top += height + 80;
  }
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height: top });
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    legend: { data: nodes.map((node) => `Node ${node}`), top: 8, right: 40 },
    title,
    grid,
    xAxis,
    yAxis,
    series,
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/**
 * Draws how the time of an item grows, ours at the first size being 1.
 * @param {Case} one
 * @returns {string} an SVG
 */
export function drawGrowth(one) {
  const { sizes = [], medians = {} } = one.growth ?? {};
  const first = one.rows.find(({ role }) => role === 'ours');
  const unit = (medians[first?.name ?? '']?.[0] ?? 1) / (sizes[0] ?? 1);
  const names = Object.keys(medians);
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height: 360 });
  chart.setOption({
    animation: false,
    backgroundColor: '#fff',
    title: {
      text: `${one.title}: an item, times ours at ${sizes[0]?.toLocaleString('en')}`,
      left: 12,
      top: 8,
      textStyle: { fontSize: 13 },
    },
    legend: { data: names, top: 30, right: 40 },
    grid: { left: 70, right: 60, top: 70, bottom: 40 },
    xAxis: { type: 'log', name: 'items', min: sizes[0], max: sizes.at(-1) },
    yAxis: {
      type: 'log',
      axisLabel: { formatter: (/** @type {number} */ value) => String(Number(value.toPrecision(3))) },
    },
    series: names.map((name, order) => ({
      name,
      type: 'line',
      symbol: 'circle',
      color: colours[order % colours.length],
      data: (medians[name] ?? []).flatMap((time, step) =>
        time === undefined || time === null ? [] : [[sizes[step], time / (sizes[step] ?? 1) / unit]],
      ),
    })),
  });
  const svg = chart.renderToSVGString();
  chart.dispose();
  return svg;
}

/** @param {Map<string, Findings>} byNode @param {string} node @param {string} id */
const findCase = (byNode, node, id) => byNode.get(node)?.cases.find((one) => one.id === id);
