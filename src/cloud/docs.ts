import type { Router } from 'express';
import { createDocsDoor, describeApi, type Group } from '../doors/docs/index.js';
import type { PageKit } from '../doors/pages/index.js';
import type { Rooms } from './rooms.js';

/** The documentation of these doors' routes, in the look of the pages. */
export function openDocs({ config, log, publicOrigin }: Rooms, kit: PageKit, groups: readonly Group[]): Router {
  return createDocsDoor({
    describe: () => describeApi({ cloudName: config.cloudName, publicOrigin, groups }),
    protect: kit.headers,
    // Nobody is greeted by name: the page is the same for all, and kept by caches.
    show: (http, response, page) => {
      kit.show(http, response, undefined, page);
    },
    refuse: kit.refuse,
    log,
  });
}
