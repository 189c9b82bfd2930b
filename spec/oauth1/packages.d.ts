/** As much of the package as the differential test uses: it brings no types. */
declare module 'oauth' {
  export class OAuth {
    constructor(
      requestUrl: string,
      accessUrl: string,
      consumerKey: string,
      consumerSecret: string,
      version: string,
      callback: string | null,
      signatureMethod: string,
    );
    /** What `get`, `post` and `authHeader` sign with: all parameters in order, `oauth_signature` last. */
    _prepareParameters(
      token: string | undefined,
      tokenSecret: string | undefined,
      method: string,
      url: string,
      form: Record<string, string | string[]>,
    ): [name: string, value: string][];
    /** The value of an Authorization header, stamped by the package itself. */
    authHeader(url: string, token: string, tokenSecret: string, method: string): string;
  }
}

/** As much of the package as the differential test uses: it brings no types. */
declare module 'oauth-signature' {
  const oauthSignature: {
    /** HMAC-SHA1 in base64. The query of the URL is not looked at. */
    generate(
      method: string,
      url: string,
      parameters: readonly Readonly<Record<string, string>>[],
      consumerSecret: string,
      tokenSecret: string | undefined,
      options: { readonly encodeSignature: boolean },
    ): string;
  };
  export = oauthSignature;
}
