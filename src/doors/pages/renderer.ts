import type { Request, RequestHandler, Response } from 'express';
import type { Account } from '../../accounts/index.js';
import type { Assets } from './assets.js';
import type { FormTokens } from './form-tokens.js';
import { hideAddress, isProtected } from './headers.js';
import { takeNotice, type Notice } from './sessions.js';
import type { Templates } from './templates.js';

/** Which entry of the navigation a page belongs to. */
export type Section = 'files' | 'shares' | 'account' | 'admin';

/** One page to show. */
export interface Page {
  /** `group/page` below views. */
  readonly template: string;
  readonly title: string;
  readonly section?: Section;
  /** 200 unless said otherwise. */
  readonly status?: number;
  /** What the template shows: plain data. */
  readonly model?: object;
  /** What came of the last attempt, when the page is shown again instead of after a redirect. */
  readonly notice?: Notice;
}

/** Shows a page to whoever asked; `person` is undefined for visitors. */
export type Show = (http: Request, response: Response, person: Account | undefined, page: Page) => void;

/** What the renderer needs. */
export interface RendererInputs {
  readonly templates: Templates;
  readonly assets: Assets;
  readonly tokens: FormTokens;
  readonly cloudName: string;
  readonly headers: RequestHandler;
}

/** Wraps a page into the layout: navigation, notice, and the tokens that its forms ask for. */
export function createRenderer({ templates, assets, tokens, cloudName, headers }: RendererInputs): Show {
  return (http, response, person, page) => {
    if (!isProtected(response)) protectElsewhere(headers, http, response);
    const frame = {
      ...page.model,
      cloudName,
      person,
      title: page.title,
      section: page.section,
      notice: page.notice ?? takeNotice(http),
      asset: (name: string) => assets.href(name),
      token: (purpose = 'page') => tokens.issue(http, response, purpose),
    };
    const html = templates.render(page.template, frame);
    response
      .status(page.status ?? 200)
      .type('html')
      .send(html);
  };
}

/** A page that another door shows, such as the end of a callback: same headers, and its address stays a secret (PRO-15). */
function protectElsewhere(headers: RequestHandler, http: Request, response: Response): void {
  void headers(http, response, () => undefined);
  hideAddress(response);
}
