import { build } from 'esbuild';

/** The package as the text of one script, which makes a variable `copy`. */
export async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${import.meta.dirname}/../index.ts`],
    bundle: true,
    format: 'iife',
    globalName: 'copy',
    target: 'es2022',
    write: false,
  });
  return outputFiles[0]!.text;
}
