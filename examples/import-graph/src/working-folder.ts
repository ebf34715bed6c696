import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

type Environment = Readonly<Record<string, string | undefined>>;

/** The folders of the packages whose scripts start this program: this one, and the repository. */
const homes = ['..', '../../..'].map((path) => resolve(fileURLToPath(new URL(path, import.meta.url))));

/**
 * The folder that the person who started the program is in. `npm start` and `pnpm run` go to the folder of the package first, and leave word of where they came from; who is
 * called by other means, even from such a script, is in its own folder. So is who is called by a script of the same name of somebody else's package, which means its own paths.
 */
export function workingFolder(env: Environment = process.env, current: string = process.cwd()): string {
  const { npm_lifecycle_event: script, npm_package_json: manifest, INIT_CWD: came } = env;
  const byRunner = script === 'start' || script === 'import-graph';
  const moved = manifest !== undefined && dirname(manifest) === current && homes.includes(current);
  return byRunner && moved && came !== undefined ? came : current;
}
