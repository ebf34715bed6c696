import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/** What the page is made of, ready to be sent. */
export interface PageFiles {
  readonly html: Buffer;
  readonly script: Buffer;
  readonly style: Buffer;
}

/** Makes the page from its sources, with the libraries that it uses: nothing has to be fetched from elsewhere. */
export async function bundlePage(folder: URL = new URL('./page/', import.meta.url)): Promise<PageFiles> {
  const { build } = await import('esbuild');
  const bundle = async (name: string): Promise<Buffer> => {
    const { outputFiles } = await build({
      entryPoints: [fileURLToPath(new URL(name, folder))],
      bundle: true,
      write: false,
      outdir: fileURLToPath(folder),
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      minify: true,
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'silent',
    });
    const extension = name.endsWith('.css') ? '.css' : '.js';
    return Buffer.from(outputFiles.find(({ path }) => path.endsWith(extension))?.contents ?? '');
  };
  const [html, script, style] = await Promise.all([
    readFile(new URL('index.html', folder)),
    bundle('page.ts'),
    bundle('page.css'),
  ]);
  return { html, script, style };
}
