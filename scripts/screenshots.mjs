/**
 * `npm run docs:screenshots` takes the pictures of README.md and of the page about Nextcloud again: it starts the demo's two
 * clouds, lets Ana share a folder with Bo, and follows Bo with a real browser; then Ana connects a server with the manners of
 * a Nextcloud, where Zoe lives. The demo's ports must be free; `-- --ports 4101,4102,4103` takes others.
 */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { register } from 'tsx/esm/api';
import { ensureBuilt } from './ensure-installed.mjs';

const FOLDER = new URL('../docs/images/', import.meta.url);
const WINDOW = {
  viewport: { width: 880, height: 660 },
  colorScheme: 'light',
  locale: 'en-GB',
  reducedMotion: 'reduce',
};

ensureBuilt();
register();
const { openTown } = await import('./demo/town.ts');
const { readOptions } = await import('./demo/options.ts');
const { ANA, BO } = await import('./demo/people.ts');
const { createPerson } = await import('../spec/support/person.ts');
const { openBrowser } = await import('../spec/support/browser.ts');
const { invitationIn } = await import('../spec/support/mailbox.ts');
const { OcmServer } = await import('../spec/support/ocm-servers/index.ts');
const { until } = await import('../spec/support/until.ts');

const { ports } = readOptions(process.argv.slice(2));
const town = await openTown(ports, new AbortController().signal, console.log);
try {
  const browser = await openBrowser();
  try {
    mkdirSync(FOLDER, { recursive: true });
    await takePictures(await browser.newPage(WINDOW));
    await takeMeshPictures(await browser.newPage(WINDOW));
  } finally {
    await browser.close();
  }
} finally {
  await town.close();
}

async function takePictures(page) {
  await page.goto(await invitation());
  await save(page, 'choose-your-cloud');
  await page.getByLabel('Birch').check();
  await page.getByRole('button', { name: 'Continue to my cloud' }).click();
  await page.getByLabel('E-mail address').fill(BO.email);
  await page.getByLabel('Password').fill(BO.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('button', { name: 'Accept' }).click();
  await page.waitForURL(`${town.birch.url}/shares`);
  await save(page, 'files-with-a-foreign-folder', await filesOfBo());
}

/** Ana, who is an administrator too, adds a Nextcloud, shares with Zoe there, and is offered a folder by her. */
async function takeMeshPictures(page) {
  const { alder } = town;
  const there = await OcmServer.open('nc32', Date.now);
  try {
    await page.goto(`${alder.url}/login?back=%2Fadmin%2Fpeers%2Fadd`);
    await page.getByLabel('E-mail address').fill(ANA.email);
    await page.getByLabel('Password').fill(ANA.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByLabel('Address of the other cloud').fill(there.url);
    await page.getByRole('button', { name: 'Look it up' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Nextcloud');
    await save(page, 'add-a-nextcloud');
    await page.getByRole('button', { name: 'Add peer' }).click();
    await page.getByText('is trusted.').waitFor();
    await page.goto(`${alder.url}/files`);
    await page.getByRole('link', { name: 'Folder: Plans' }).click();
    await page.getByRole('link', { name: 'Share this folder' }).click();
    await page.getByLabel('Addresses').fill(`zoe@${there.host}`);
    await save(page, 'share-with-an-address');
    there.entries.set(new URL(alder.url).host, `${alder.url}/ocm`);
    await there.give({ to: `${ANA.email}@${alder.url}`, name: 'Recipes' });
    await page.goto(`${alder.url}/shares`);
    await page.getByRole('link', { name: 'Look and answer' }).click();
    await page.getByRole('button', { name: 'Accept' }).waitFor();
    await save(page, 'proposal-from-a-nextcloud');
  } finally {
    await there.close();
  }
}

/** Ana shares Plans; answers the link of the mail. */
async function invitation() {
  const ana = createPerson(ANA);
  await ana.signIn(town.alder.url);
  await ana.share('Plans', { addresses: BO.email, permission: 'read-write', comment: 'Have a look before the 12th' });
  return invitationIn(await town.mailbox.waitForMailTo(BO.email));
}

/** Puts something of Bo's own beside the foreign folder; answers the address of his files once both are there. */
async function filesOfBo() {
  const bo = createPerson(BO);
  await bo.signIn(town.birch.url);
  await bo.files.makeFolder('Recipes');
  await bo.files.write('shopping.txt', 'flour, yeast, salt\n');
  await until('Plans among the files of Bo', () => bo.files.find('Plans'));
  return `${town.birch.url}/files`;
}

async function save(page, name, url) {
  if (url !== undefined) await page.goto(url);
  await page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, FOLDER)) });
  console.log(`docs/images/${name}.png`);
}
