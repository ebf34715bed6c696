import { join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..', '..');

/** Makes one script of a module's code, the packages' sources included: a copy of everything, which shares nothing with another. */
export async function bundle(code: string, format: 'iife' | 'cjs'): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: root, loader: 'ts' },
    tsconfig: join(root, 'tsconfig.base.json'),
    bundle: true,
    write: false,
    format,
    globalName: 'bundled',
    platform: format === 'cjs' ? 'node' : 'neutral',
    target: 'es2022',
    logLevel: 'silent',
  });
  return outputFiles[0]?.text ?? '';
}
