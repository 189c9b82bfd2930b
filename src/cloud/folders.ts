import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The package's own folder: the nearest one above this file that holds `views`, from sources and from `dist` alike. */
function packageFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'views')) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}

/** Templates of pages and mails, and the assets of pages. */
export const viewsFolder = join(packageFolder(), 'views');
