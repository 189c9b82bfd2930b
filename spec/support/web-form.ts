import { randomUUID } from 'node:crypto';
import { around, elements, ownText, textOf, type Element } from './html.js';

/** A file as a person picks it from the disk. */
export interface PickedFile {
  readonly name: string;
  readonly content: Buffer;
  readonly type?: string;
}

/** What a person enters: text, a tick, or files. */
export type Entered = string | boolean | PickedFile | readonly PickedFile[];

/** One control of a form. */
export interface Control {
  readonly name: string;
  /** `text`, `hidden`, `radio`, `checkbox`, `file`, `select`, `textarea`, `submit`, … */
  readonly type: string;
  readonly value: string;
  /** Ticked beforehand; true for everything that cannot be ticked. */
  readonly isOn: boolean;
  /** What may be chosen, for a select. */
  readonly options: readonly string[];
  /** The words beside it. */
  readonly label: string;
}

/** A form as it stands on a page. */
export interface Form {
  readonly method: 'GET' | 'POST';
  readonly action: URL;
  readonly isMultipart: boolean;
  readonly controls: readonly Control[];
  readonly buttons: readonly Button[];
  readonly text: string;
}

/** A button that sends a form. */
export interface Button {
  readonly name: string;
  readonly value: string;
  readonly text: string;
  /** Where it sends the form, when not to the form's own address. */
  readonly action: URL | undefined;
}

/** Reads a form, controls that name it from elsewhere on the page included. */
export function readForm(form: Element, document: Element, base: URL): Form {
  const { id, action, method, enctype } = form.attributes;
  const owned = elements(document, 'input', 'select', 'textarea', 'button').filter(({ attributes, ...rest }) => {
    const named = attributes['form'];
    return named === undefined ? around({ attributes, ...rest }, 'form') === form : named === id;
  });
  const usable = owned.filter(({ attributes }) => attributes['disabled'] === undefined);
  return {
    method: method?.toUpperCase() === 'POST' ? 'POST' : 'GET',
    action: new URL(action ?? '', base),
    isMultipart: enctype?.toLowerCase() === 'multipart/form-data',
    controls: usable.filter((element) => !isButton(element)).map((element) => readControl(element, document)),
    buttons: usable.filter(isButton).flatMap((element) => readButton(element, base)),
    text: textOf(form),
  };
}

function isButton({ tag, attributes }: Element): boolean {
  return tag === 'button' || (tag === 'input' && /^(?:submit|button|image|reset)$/i.test(attributes['type'] ?? ''));
}

function readButton(element: Element, base: URL): Button[] {
  const { name = '', value = '', type = 'submit', formaction } = element.attributes;
  if (type.toLowerCase() !== 'submit') return [];
  const text = element.tag === 'button' ? textOf(element) : value;
  return [{ name, value, text, action: formaction === undefined ? undefined : new URL(formaction, base) }];
}

function readControl(element: Element, document: Element): Control {
  const { name = '', id } = element.attributes;
  const outer = around(element, 'label');
  const labels = elements(document, 'label').filter((each) => id !== undefined && each.attributes['for'] === id);
  const label = [...(outer === undefined ? [] : [outer]), ...labels].map(textOf).join(' ');
  return { name, label, ...stateOf(element) };
}

function stateOf(element: Element): Pick<Control, 'type' | 'value' | 'isOn' | 'options'> {
  const { type = 'text', value, checked } = element.attributes;
  if (element.tag === 'textarea') {
    // The first line break after the tag does not count (HTML 13.1.2.5).
    return { type: 'textarea', value: ownText(element).replace(/^\r?\n/, ''), isOn: true, options: [] };
  }
  if (element.tag === 'select') return selectState(element);
  const canTick = /^(?:radio|checkbox)$/i.test(type);
  const isOn = !canTick || checked !== undefined;
  return { type: type.toLowerCase(), value: value ?? (canTick ? 'on' : ''), isOn, options: [] };
}

function selectState(element: Element): Pick<Control, 'type' | 'value' | 'isOn' | 'options'> {
  const options = elements(element, 'option');
  const valueOf = (option: Element): string => option.attributes['value'] ?? textOf(option);
  const chosen = options.find(({ attributes }) => attributes['selected'] !== undefined) ?? options[0];
  return {
    type: 'select',
    value: chosen === undefined ? '' : valueOf(chosen),
    isOn: true,
    options: options.map(valueOf),
  };
}

/** One name and value of a filled form, in the order of the page. */
export type Entry = readonly [name: string, value: string | PickedFile];

/** What a form sends after a person has entered `values` and pressed `button`; throws for what the form does not offer. */
export function fillForm(form: Form, values: Readonly<Record<string, Entered>>, button?: Button): Entry[] {
  for (const [name, entered] of Object.entries(values)) mustOffer(form, name, entered);
  const entries = form.controls.flatMap((control) => entriesOf(control, values[control.name]));
  return button === undefined || button.name === '' ? entries : [...entries, [button.name, button.value]];
}

function entriesOf(control: Control, entered: Entered | undefined): Entry[] {
  const { name, type, value, isOn } = control;
  if (name === '') return [];
  if (type === 'file') return filesOf(entered).map((file) => [name, file] as const);
  if (type === 'radio') return (entered === undefined ? isOn : entered === value) ? [[name, value]] : [];
  if (type === 'checkbox') return ticked(entered, control) ? [[name, value]] : [];
  return [[name, typeof entered === 'string' ? entered : value]];
}

function ticked(entered: Entered | undefined, { isOn, value }: Control): boolean {
  return entered === undefined ? isOn : entered === true || entered === value;
}

// A file input that was left alone sends one empty file.
function filesOf(entered: Entered | undefined): readonly PickedFile[] {
  if (entered === undefined || typeof entered !== 'object') return [{ name: '', content: Buffer.alloc(0) }];
  return 'content' in entered ? [entered] : entered;
}

function mustOffer(form: Form, name: string, entered: Entered): void {
  const controls = form.controls.filter((control) => control.name === name && control.type !== 'hidden');
  const offered = controls.flatMap(({ type, value, options }) =>
    type === 'select' ? options : type === 'radio' ? [value] : [],
  );
  if (controls.length === 0) {
    const there = form.controls.map((control) => `${control.name} (${control.type})`).join(', ');
    throw new Error(`the form ${form.action.pathname} has nothing to enter ${name} into; it has: ${there}`);
  }
  if (offered.length > 0 && typeof entered === 'string' && !offered.includes(entered)) {
    throw new Error(`${name} offers ${offered.join(', ')}, not ${entered}`);
  }
}

/** A filled form on its way. */
export interface Encoded {
  readonly type: string;
  readonly body: Buffer;
}

/** The body of a post: urlencoded or multipart, as the form says. */
export function encodeForm(form: Form, entries: readonly Entry[]): Encoded {
  if (form.isMultipart) return encodeMultipart(entries);
  return { type: 'application/x-www-form-urlencoded', body: Buffer.from(encodePairs(entries)) };
}

/** The pairs as a query or an urlencoded body; a file is its name, as browsers do. */
export function encodePairs(entries: readonly Entry[]): string {
  const pairs = entries.map(([name, value]) => [name, crlf(typeof value === 'string' ? value : value.name)]);
  return new URLSearchParams(pairs).toString();
}

function encodeMultipart(entries: readonly Entry[]): Encoded {
  const boundary = `----form-${randomUUID()}`;
  const parts = entries.flatMap(([name, value]) => [
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${escaped(name)}"${partHead(value)}\r\n\r\n`),
    typeof value === 'string' ? Buffer.from(crlf(value)) : value.content,
    Buffer.from('\r\n'),
  ]);
  const body = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
  return { type: `multipart/form-data; boundary=${boundary}`, body };
}

function partHead(value: string | PickedFile): string {
  if (typeof value === 'string') return '';
  return `; filename="${escaped(value.name)}"\r\nContent-Type: ${value.type ?? 'application/octet-stream'}`;
}

function escaped(name: string): string {
  return name.replace(/"/g, '%22').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function crlf(text: string): string {
  return text.replace(/\r\n|\r|\n/g, '\r\n');
}
