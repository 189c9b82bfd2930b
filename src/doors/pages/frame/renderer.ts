import type { Request, RequestHandler, Response } from 'express';
import { statusOf, type Failure } from '../../../kernel/index.js';
import type { Account } from '../../../accounts/index.js';
import type { Assets } from './assets.js';
import type { FormTokens } from './form-tokens.js';
import { hideAddress, isProtected } from './headers/headers.js';
import { takeNotice, type Notice } from './sessions.js';
import { ownPath } from './way-back.js';
import type { FrameModel, Templates, ViewName, Views } from './templates.js';

/** Which entry of the navigation a page belongs to. */
export type Section = 'files' | 'shares' | 'account' | 'admin';

/** One page to show. */
export interface Page<Name extends ViewName> {
  /** `group/page` below views. */
  readonly template: Name;
  readonly title: string;
  readonly section?: Section;
  /** 200 unless said otherwise, or what {@link failure} says. */
  readonly status?: number | undefined;
  /** Why the form on it is shown again: sets the status, and `message` in the template. */
  readonly failure?: Failure | undefined;
  /** What the template shows. */
  readonly model: Views[Name];
  /** What came of the last attempt, when the page is shown again instead of after a redirect. */
  readonly notice?: Notice;
  /** Where whoever signs in after a sign-out goes on: set by pages on which one person has to answer something. */
  readonly wayBack?: string | undefined;
}

/** Shows a page to whoever asked; `person` is undefined for visitors. */
export type Show = <Name extends ViewName>(
  http: Request,
  response: Response,
  person: Account | undefined,
  page: Page<Name>,
) => void;

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
    const { failure } = page;
    const frame: FrameModel = {
      message: failure?.message,
      cloudName,
      person,
      title: page.title,
      section: page.section,
      wayBack: ownPath(page.wayBack),
      notice: page.notice ?? takeNotice(http),
      asset: (name: string) => assets.href(name),
      token: (purpose = 'page') => tokens.issue(http, response, purpose),
    };
    const html = templates.render(page.template, { ...frame, ...page.model });
    response
      .status(page.status ?? (failure === undefined ? 200 : statusOf(failure.code)))
      .type('html')
      .send(html);
  };
}

/** A page that another door shows, such as the end of a callback: same headers, and its address stays a secret (PRO-15). */
function protectElsewhere(headers: RequestHandler, http: Request, response: Response): void {
  void headers(http, response, () => undefined);
  hideAddress(response);
}
