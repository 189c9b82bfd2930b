/** What an element is called: the namespace that it stands in, empty for none, and its local name. */
export interface XmlName {
  readonly namespace: string;
  readonly name: string;
}

/** The namespace of WebDAV itself (RFC 4918 14). */
export const DAV = 'DAV:';
/** That of ownCloud, which the clients of several clouds read. */
export const OC = 'http://owncloud.org/ns';
/** That of Nextcloud. */
export const NC = 'http://nextcloud.org/ns';
/** That in which clients look for the words of a refusal. */
export const SABRE = 'http://sabredav.org/ns';
/** That in which ownCloud and its kin say what a share allows, as a number. */
export const OCS = 'http://open-collaboration-services.org/ns';
/** That of Open Cloud Mesh, where the same is said in words. */
export const OCM = 'http://open-cloud-mesh.org/ns';
/** Our own, for what no other server says. */
export const FOOTBRIDGE = 'urn:x-footbridge:dav';
/** The namespace of `xml:lang`: its prefix never has to be declared (Namespaces in XML 1.0, 3). */
export const XML = 'http://www.w3.org/XML/1998/namespace';

/** A name of WebDAV's own. */
export function dav(name: string): XmlName {
  return { namespace: DAV, name };
}

/** A name of ownCloud's. */
export function oc(name: string): XmlName {
  return { namespace: OC, name };
}

/** A name of Nextcloud's. */
export function nc(name: string): XmlName {
  return { namespace: NC, name };
}

/**
 * When a share of Open Cloud Mesh ends, as `expiration` stands in its offer (open-cloud-mesh.md 4.1): seconds since 1970, 0
 * for never. An extension of ours, told of the shared item itself to whoever holds the secret: no message of that protocol
 * tells a change.
 */
export const EXPIRATION: XmlName = { namespace: FOOTBRIDGE, name: 'expiration' };

/** True for two names that are one. */
export function isNamed(one: XmlName, other: XmlName): boolean {
  return one.name === other.name && one.namespace === other.namespace;
}

/** One word for a name; no name of an element has a blank in it. */
export function wordOf({ namespace, name }: XmlName): string {
  return `${name} ${namespace}`;
}
