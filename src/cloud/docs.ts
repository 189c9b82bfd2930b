import type { Router } from 'express';
import { createDocsDoor, describeApi, type DocsPage, type Group } from '../doors/docs/index.js';
import type { PageKit } from '../doors/pages/index.js';
import type { Rooms } from './rooms.js';

declare module '../doors/pages/frame/templates.js' {
  interface Views {
    'docs/api': DocsPage['model'];
  }
}

/** The documentation of these doors' routes, in the look of the pages. */
export function openDocs({ base: { config, log, webOrigin } }: Rooms, kit: PageKit, groups: readonly Group[]): Router {
  return createDocsDoor({
    describe: () => describeApi({ cloudName: config.cloudName, webOrigin, groups }),
    protect: kit.headers,
    // The page shows no signed-in person, so that it is the same for all and can be cached.
    show: (http, response, page) => {
      kit.show(http, response, undefined, page);
    },
    refuse: kit.refuse,
    log,
  });
}
