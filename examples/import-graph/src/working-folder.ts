import { dirname } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder that the person who started the program is in. `npm start`, which calls it by `npm exec`, and `pnpm run` go to the folder of the package first, and
 * leave word of where they came from (the last of several: `IMPORT_GRAPH_CWD` is for a script that calls another); who is called by other means, even
 * from such a script, is in its own folder.
 */
export function workingFolder(env: Environment = process.env, current: string = process.cwd()): string {
  const { npm_lifecycle_event: script, npm_package_json: manifest } = env;
  const came = env['IMPORT_GRAPH_CWD'] || env['INIT_CWD'];
  const byRunner = script === 'start' || script === 'import-graph' || (script === 'npx' && env['IMPORT_GRAPH_CWD']);
  const moved = manifest !== undefined && dirname(manifest) === current;
  return byRunner && moved && came !== undefined ? came : current;
}
