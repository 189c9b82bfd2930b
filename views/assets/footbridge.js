// Niceties only: every page works without this file.

const words = (bytes) => {
  const units = ['bytes', 'KB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit > 0 && value < 10 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
};

/** Asks before a form does something that is hard to take back. */
function confirmFirst(form) {
  form.addEventListener('submit', (event) => {
    if (!window.confirm(form.dataset.confirm)) event.preventDefault();
  });
}

/** Sends an upload with a bar that grows; the page that follows tells what became of it. */
function uploadWithProgress(form) {
  const [area, button] = [form.querySelector('[data-progress]'), form.querySelector('button')];
  const [bar, text] = [area.querySelector('progress'), area.querySelector('p')];
  let spoken = -1;
  const show = (percent, detail) => {
    bar.value = percent;
    // Screen readers hear every tenth part, not every byte.
    if (Math.floor(percent / 10) === spoken) return;
    spoken = Math.floor(percent / 10);
    text.textContent = `${Math.floor(percent)} %, ${detail}`;
  };
  const stop = (message) => {
    button.disabled = false;
    text.textContent = message;
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const request = new XMLHttpRequest();
    request.upload.addEventListener('progress', ({ loaded, total }) =>
      show((100 * loaded) / total, `${words(loaded)} of ${words(total)}`),
    );
    request.upload.addEventListener('load', () => (text.textContent = 'Sent. Storing…'));
    request.addEventListener('load', () => {
      if (request.status < 400) window.location.assign(request.response.folder);
      else stop(request.response?.message ?? 'The upload did not work. Please try again.');
    });
    request.addEventListener('error', () => stop('The connection broke off. Please try again.'));
    request.open('POST', form.action);
    request.responseType = 'json';
    request.setRequestHeader('Accept', 'application/json');
    button.disabled = true;
    area.hidden = false;
    spoken = -1;
    request.send(new FormData(form));
  });
}

/** Narrows the list of clouds while typing. */
function searchPeers(field) {
  const [input, status] = [field.querySelector('input'), field.querySelector('[role=status]')];
  const peers = [...document.querySelectorAll('[data-peer]')];
  field.hidden = false;
  input.addEventListener('input', () => {
    const wanted = input.value.trim().toLowerCase();
    for (const peer of peers) peer.hidden = !peer.dataset.peer.toLowerCase().includes(wanted);
    const count = peers.filter((peer) => !peer.hidden).length;
    status.textContent = wanted === '' ? '' : count === 1 ? '1 cloud' : `${count} clouds`;
  });
  // Return in the search chooses nothing and sends nothing.
  input.addEventListener('keydown', (event) => event.key === 'Enter' && event.preventDefault());
}

/** Copies what stands in the named element. */
function copyOnClick(button) {
  if (!navigator.clipboard) return;
  button.hidden = false;
  const label = button.innerHTML;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).textContent);
    button.textContent = 'Copied';
    setTimeout(() => (button.innerHTML = label), 2000);
  });
}

/** Goes on by itself; before the page has loaded, so that going back leads to the page before this one. */
function submitAtOnce(form) {
  form.requestSubmit();
}

/** Menus close when one clicks elsewhere or presses Escape. */
function closeMenus() {
  const closeAll = (except) => {
    for (const menu of document.querySelectorAll('.menu[open]')) if (menu !== except) menu.open = false;
  };
  document.addEventListener('click', (event) => closeAll(event.target.closest('.menu')));
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const open = document.querySelector('.menu[open]');
    closeAll();
    open?.querySelector('summary').focus();
  });
}

const NUMBERS = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' };
const HERE = new Intl.DateTimeFormat('en-GB', { ...NUMBERS, timeZoneName: 'short' });

/** Moments in the zone of whoever reads, which is named with each; the page itself says them in UTC, as the hint does. */
function showInZone(part) {
  for (const time of part.querySelectorAll('time[datetime]')) {
    const at = Date.parse(time.dateTime);
    if (Number.isNaN(at) || !time.textContent.endsWith(' UTC')) continue;
    time.title = time.textContent;
    time.textContent = HERE.format(at);
  }
}

/** Looks again every two seconds, for two minutes at most, while a part of the page moves on by itself. */
function keepFresh(part, looks = 60) {
  if (looks === 0) return;
  setTimeout(async () => {
    const answer = await fetch(window.location.href).catch(() => undefined);
    const text = answer?.ok ? await answer.text() : '';
    const fresh = new DOMParser().parseFromString(text, 'text/html').getElementById(part.id);
    if (fresh) showInZone(fresh);
    if (fresh && fresh.innerHTML !== part.innerHTML) part.innerHTML = fresh.innerHTML;
    if (!fresh || 'live' in fresh.dataset) keepFresh(part, looks - 1);
  }, 2000);
}

showInZone(document);
document.querySelectorAll('[data-live]').forEach((part) => keepFresh(part));
document.querySelectorAll('form[data-confirm]').forEach(confirmFirst);
document.querySelectorAll('form[data-upload]').forEach(uploadWithProgress);
document.querySelectorAll('form[data-submit]').forEach(submitAtOnce);
document.querySelectorAll('[data-search]').forEach(searchPeers);
document.querySelectorAll('[data-copy]').forEach(copyOnClick);
closeMenus();
