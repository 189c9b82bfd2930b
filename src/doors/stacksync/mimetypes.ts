/**
 * Types under which content may be sent. What a file claims to be is its uploader's word (threat model CNT-02): only
 * types that no browser runs pass, everything else is a lump of bytes. Text is pinned to UTF-8.
 */
const SAFE =
  /^(?:image\/(?:png|jpeg|gif|webp|avif|heic|heif|bmp|tiff|x-icon|vnd\.adobe\.photoshop)|(?:audio|video|font)\/[a-z0-9][a-z0-9.+-]{0,60}|text\/(?:plain|csv|markdown|calendar|vcard)|inode\/x-empty|application\/(?:json|zip|gzip|x-tar|x-bzip2|x-xz|x-7z-compressed|x-rar-compressed|rtf|epub\+zip|msword|x-cfb|pdf|vnd\.ms-[a-z]+|vnd\.oasis\.opendocument\.[a-z.-]+|vnd\.openxmlformats-officedocument\.[a-z.]+))$/;

/** The value of `Content-Type` for stored content. */
export function contentTypeOf(mimetype: string): string {
  const type = mimetype.toLowerCase();
  if (!SAFE.test(type)) return 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}
