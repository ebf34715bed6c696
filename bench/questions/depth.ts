// How deep may a chain of dependent results be, and what does a cycle of three do? Each is tried in a process of its own, since
// those that fail overflow the stack, hang or end the program.
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chain, cycle, expected } from '../harness/graphs.js';
import * as memos from '../harness/memos.js';
import { mode, Question } from '../harness/question.js';
import type { Role, Row } from '../harness/record.js';

const contenders: Record<string, { role: Role; memo: memos.Memo }> = {
  OnceMap: { role: 'ours', memo: memos.ours },
  'a Map of promises': { role: 'floor', memo: memos.floor },
  DataLoader: { role: 'peer', memo: memos.dataLoader },
  'p-graph': { role: 'peer', memo: memos.pGraph },
  'async.auto': { role: 'peer', memo: memos.asyncAuto },
  'Effect Cache': { role: 'peer', memo: memos.effectCache },
  'Effect.cached': { role: 'peer', memo: memos.effectCached },
  'Effect Deferred': { role: 'peer', memo: memos.effectDeferred },
};

const [, , name, asked] = process.argv;
if (name !== undefined && asked !== undefined) await attempt(name, asked);
else await ask();

/** In the child: computes, and says how it went. */
async function attempt(name: string, asked: string): Promise<void> {
  const { memo } = contenders[name] ?? { memo: memos.floor };
  // Keeps the process alive, so that a hang is one.
  const alive = setInterval(() => undefined, 1_000);
  try {
    if (asked === 'cycle') {
      await memo(cycle);
      console.log('gives a value');
    } else {
      const graph = chain(Number(asked));
      console.log((await memo(graph)) === expected(graph) ? 'right' : 'wrong');
    }
  } catch (error) {
    const { name: kind, code, message } = error as { name?: string; code?: string; message?: string };
    console.log(`${code ?? kind ?? 'error'}: ${String(message).split('\n')[0]}`);
  }
  clearInterval(alive);
}

/** Runs a child; what it says within the time, else that it hangs. */
function child(name: string, asked: string, patience: number): Promise<string> {
  return new Promise((resolve) => {
    const one = spawn(process.execPath, [fileURLToPath(import.meta.url), name, asked], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    let said = '';
    const timer = setTimeout(() => {
      one.kill('SIGKILL');
      resolve('hangs');
    }, patience);
    one.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    one.on('close', (code) => {
      clearTimeout(timer);
      resolve(said.trim() === '' ? `ends the program (${code})` : said.trim());
    });
  });
}

async function ask(): Promise<void> {
  const bench = new Question('depth', 'How deep may a chain be, and what does a cycle do?');
  const depths = {
    full: [250, 500, 1_000, 2_000, 5_000, 10_000, 100_000, 1_000_000],
    quick: [250, 500, 1_000, 2_000, 5_000, 10_000],
    tiny: [250],
  }[mode];
  const rows: Row[] = [];
  const cycles: Row[] = [];
  for (const [name, { role }] of Object.entries(contenders)) {
    if (mode === 'tiny' && role === 'peer') continue;
    let deepest = 0;
    let failure = '';
    for (const depth of depths) {
      const said = await child(name, String(depth), mode === 'full' ? 60_000 : 5_000);
      if (said !== 'right') {
        failure = `at ${depth.toLocaleString('en')}: ${short(said)}`;
        break;
      }
      deepest = depth;
    }
    const said = await child(name, 'cycle', mode === 'full' ? 5_000 : 1_000);
    if (role === 'ours' && !said.startsWith('ERR_SELF_DEPENDENCY')) throw new Error(`A cycle was not named: ${said}`);
    rows.push({
      name,
      role,
      rounds: 1,
      value: { median: deepest, low: deepest, high: deepest },
      ratios: {},
      remark: failure,
    });
    cycles.push({ name, role, rounds: 0, ratios: {}, remark: short(said) });
  }
  bench.add({ id: 'depth.chain', title: 'the deepest chain that works', unit: 'depth', rows }, [
    { ours: 'OnceMap', atLeast: depths.at(-1) ?? 0 },
  ]);
  bench.add({ id: 'depth.cycle', title: 'what a cycle of three does', unit: 'depth', rows: cycles });
  bench.end();
}

function short(text: string): string {
  return text.length > 90 ? `${text.slice(0, 87)}...` : text;
}
