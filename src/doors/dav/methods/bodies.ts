import { Failure, SECOND } from '../../../kernel/index.js';
import { hasBody, refuseAnnounced } from '../../front/bodies.js';
import type { DavRequest } from '../world/index.js';
import { readXml, XML_LIMITS, type XmlElement } from '../../../webdav/index.js';

/** How long an XML body may take to arrive, milliseconds. */
const ARRIVAL = 30 * SECOND;

/** The body of a request as XML, drawn only now; undefined for an empty one. Throws as {@link readXml}, and `too-slow`. */
export async function xmlBody({ http }: DavRequest): Promise<XmlElement | undefined> {
  if (!hasBody(http)) return undefined;
  refuseAnnounced(http, XML_LIMITS.bytes);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Failure('too-slow', 'The body did not arrive in time.'));
    }, ARRIVAL);
  });
  try {
    // A refused body is left unread, and its stream open: the refusal still has to go out on the same connection.
    const body = http.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
    return await Promise.race([readXml(body), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Refuses a body where none belongs (RFC 4918 8.4): whoever sent one means something that is not done here. */
export function refuseBody({ http }: DavRequest): void {
  if (hasBody(http)) throw new Failure('unsupported-type', 'This request has no body.');
}
