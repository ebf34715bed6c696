import { dirname } from 'node:path';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder that the person who started the program is in. `npm start` and `pnpm run` go to the folder of the package first, and leave word of where they came from; who is
 * called by other means, even from such a script, is in its own folder.
 */
export function workingFolder(env: Environment = process.env, current: string = process.cwd()): string {
  const { npm_lifecycle_event: script, npm_package_json: manifest, INIT_CWD: came } = env;
  const byRunner = script === 'start' || script === 'import-graph';
  const moved = manifest !== undefined && dirname(manifest) === current;
  return byRunner && moved && came !== undefined ? came : current;
}
