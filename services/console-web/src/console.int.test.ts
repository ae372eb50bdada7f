import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { findChromium } from '../../../tools/servers/index.mjs';
import { exampleEvent, exampleState, PROPOSAL_ID, RELEASE_ID } from '../test/example.js';
import { type StandIn, startStandIn } from '../test/stand-in.js';

const PROJECT = join(import.meta.dirname, '..');
const dist = mkdtempSync(join(tmpdir(), 'console-'));
const RELEASE = '/releases/' + RELEASE_ID;

// A browser beside many other tests on few cores takes its time.
jest.setTimeout(60_000);

let browser: Browser;
let context: BrowserContext;
let page: Page;
let parapet: StandIn;
let complaints: string[];

beforeAll(async () => {
  const vite = join(PROJECT, '..', '..', 'node_modules', 'vite', 'bin', 'vite.js');
  await promisify(execFile)(process.execPath, [vite, 'build', '--outDir', dist, '--logLevel', 'error'], {
    cwd: PROJECT,
  });
  const found = await findChromium();
  if (found === undefined) throw new Error('no Chromium: install chromium, or name one in PARAPET_CHROMIUM');
  browser = await chromium.launch({
    executablePath: found.command,
    args: [
      ...found.args,
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
    env: { ...(process.env as Record<string, string>), ...found.env },
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  rmSync(dist, { recursive: true, force: true });
});

beforeEach(async () => {
  parapet = await startStandIn(exampleState(Date.now()), pathToFileURL(`${dist}/`));
  complaints = [];
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  await context.addCookies([{ name: 'parapet_session', value: 'ok', url: parapet.url }]);
  page = await context.newPage();
  page.setDefaultTimeout(20_000);
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    // Refused requests are meant here; what the content security policy stops is not.
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text());
  });
});

afterEach(async () => {
  expect(complaints).toEqual([]);
  await context.close();
  await parapet.stop();
});

const shownText = (selector: string) => page.locator(selector).first().innerText();
const button = (name: string | RegExp) => page.getByRole('button', { name });

async function chooseRollback(): Promise<void> {
  await page.goto(parapet.url + RELEASE);
  await button('Roll back…').click();
  await page.getByRole('dialog').waitFor();
}

describe('signing in', () => {
  test('asks for a token, says when it is not known, and returns to the page that was asked for', async () => {
    await context.clearCookies();
    await page.goto(parapet.url + RELEASE);
    await page.getByLabel('Sign-in token').fill('ppt_wrong');
    await page.keyboard.press('Enter');
    await page.getByText('This token is not known here').waitFor();
    await page.getByLabel('Sign-in token').fill(parapet.state.token);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'odoo-2026.11.3' }).waitFor();
  });
});

describe('the list', () => {
  test('shows the verdict first and is filtered by words, verdict and address', async () => {
    await page.goto(`${parapet.url}/?verdict=fail`);
    await page.locator('.row').first().waitFor();
    expect(await page.locator('.row').count()).toBe(2);
    await page.getByLabel('Find releases').fill('11.3');
    expect(await page.locator('.row').count()).toBe(1);
    expect(page.url()).toContain('q=11.3');
    await page.getByLabel('Find releases').fill('nothing like it');
    await button('Show all').click();
    expect(await page.locator('.row').count()).toBe(7);
  });

  test('says how to begin where there is nothing, and shows the first release without being loaded anew', async () => {
    const all = parapet.state.releases;
    parapet.state.releases = [];
    await page.goto(parapet.url);
    await page.getByText('parapet release start').waitFor();
    parapet.state.releases = all.slice(0, 1);
    await page.locator('.row').first().waitFor();
  });
});

describe('was this right?', () => {
  test('by keyboard alone: right or wrong, about what, and why, sent once', async () => {
    await page.goto(parapet.url + RELEASE);
    await button(/^Wrong$/).focus();
    await page.keyboard.press('Enter');
    expect(await button(/^Wrong$/).getAttribute('aria-pressed')).toBe('true');
    expect(await button('Mark it wrong').isDisabled()).toBe(true);
    await page.getByLabel('About').selectOption('pos-sync-errors');
    await page.getByLabel('Why it was wrong').fill('one till was being repaired');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('pos-sync-errors was wrong').waitFor();
    expect(parapet.state.marked).toEqual([
      {
        release: RELEASE_ID,
        body: { verdict: 5, right: false, reason: 'one till was being repaired', guardrail: 'pos-sync-errors' },
        key: expect.stringMatching(/^console-[0-9a-f]{32}$/),
        csrf: parapet.state.caller.csrfToken,
      },
    ]);
  });

  test('on a phone both buttons are large enough for a thumb, and nothing sticks out', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await page.goto(parapet.url + RELEASE);
    for (const name of ['Right', 'Wrong']) {
      const box = await page.getByRole('button', { name, exact: true }).boundingBox();
      expect(box?.height).toBeGreaterThanOrEqual(44);
    }
    await page.getByRole('button', { name: 'Right', exact: true }).click();
    await page.getByLabel('Why it was right').fill('orders did fall');
    await button('Mark it right').click();
    await page.getByText('the verdict was right').waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test('whoever may not mark reads what others said', async () => {
    parapet.state.caller = { ...parapet.state.caller, roles: ['viewer'] };
    parapet.state.marks = [{ verdict: 5, right: true, reason: 'it was', by: 'on-call', at: new Date().toISOString() }];
    await page.goto(parapet.url + RELEASE);
    await page.getByText('on-call: the verdict was right').waitFor();
    expect(await button(/^Wrong$/).count()).toBe(0);
  });

  test('beside each guardrail stands how often it was right, and what keeps it from acting', async () => {
    await page.goto(parapet.url + RELEASE);
    await page.getByText('Precision 80 % (28 % to 99 %): 4 of 5 marked breaches were right.').waitFor();
    await page.getByText('Declared act, could only propose here: it had never been seen to breach.').waitFor();
  });
});

describe('a release', () => {
  test('says its verdict and why, what runs, and what it would go back to', async () => {
    await page.goto(parapet.url + RELEASE);
    await page.locator('.chart').first().waitFor();
    expect(await shownText('.verdict')).toMatch(/^Fail\n+pos-sync-errors rose from 0\.6\s%/);
    expect(await shownText('.facts')).toContain('odoo-web 17.0-2026.11.1');
    expect(await page.title()).toBe('Fail: odoo-2026.11.3 – Parapet');
    await page.locator('.chart-gap').nth(1).waitFor();
    expect(await page.locator('.chart-gap').count()).toBe(2);
  });

  test('says whom it blames, and every other cause that was considered, worst first', async () => {
    await page.goto(parapet.url + RELEASE);
    await page.getByRole('heading', { name: 'This release is blamed' }).waitFor();
    expect(await page.locator('.considered li').allInnerTexts()).toEqual([
      expect.stringMatching(/^Not checked\s+It is so elsewhere: Everything got the release/),
      expect.stringMatching(/^Ruled out\s+It was so before: /),
      expect.stringMatching(/^Ruled out\s+It is so every time: /),
      expect.stringMatching(/^Ruled out\s+The traffic: /),
      expect.stringMatching(/^Ruled out\s+Another release: .*See it$/),
    ]);
    await page.getByRole('link', { name: 'See it' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/rel_2$/);
  });

  test('that is nobody’s doing says what to do, on a phone in the dark as well', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.emulateMedia({ colorScheme: 'dark' });
    await page.goto(`${parapet.url}/releases/rel_7`);
    await page.getByRole('heading', { name: 'Nobody is blamed' }).waitFor();
    expect(await shownText('.verdict')).toMatch(
      /something got worse, but it cannot be told whose doing it is \(order-success\).*What to do: Look at the causes/s,
    );
    const stock = page.locator('.guardrail', { hasText: 'stock-update' });
    expect(await stock.innerText()).toMatch(
      /Not judged: the measurement failed[\s\S]*What to do: Repair the measurement/,
    );
    const orders = page.locator('.guardrail', { hasText: 'order-success' });
    expect(await orders.innerText()).toMatch(/Surely between 82\.1\s% and 89\.4\s%\./);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
  });

  test('follows only links that lead somewhere safe, and shows texts as text', async () => {
    const [bad] = parapet.state.releases;
    parapet.state.releases[0] = { ...(bad as NonNullable<typeof bad>), startedBy: '<img src=x onerror=alert(1)>' };
    await page.goto(parapet.url + RELEASE);
    await page.getByText('<img src=x onerror=alert(1)>').waitFor();
    expect(await page.locator('.outside a').count()).toBe(1);
    expect(await page.locator('.outside a').getAttribute('rel')).toBe('noopener noreferrer');
  });

  test('tells its story as it happens, and after a broken line goes on where it was', async () => {
    await page.goto(parapet.url + RELEASE);
    await page.getByText('A person is asked to decide').waitFor();
    parapet.tell(
      RELEASE_ID,
      exampleEvent(9, 'proposal.acknowledged', new Date().toISOString(), { by: 'shops-lead', until: 'x' }),
    );
    await page.getByText('shops-lead is looking at it').waitFor();
    parapet.cutStreams();
    parapet.tell(RELEASE_ID, exampleEvent(10, 'rollback.ordered', new Date().toISOString(), { steps: [] }));
    await page.getByText('Rollback ordered').waitFor();
    expect(parapet.state.lastEventIds.filter((id) => id === '9')).toHaveLength(1);
    expect(await page.locator('.story-entry').count()).toBe(10);
  });

  test('keeps what it showed while Parapet is away, with its age, and recovers by itself', async () => {
    await page.goto(parapet.url + RELEASE);
    await page.locator('.chart').first().waitFor();
    parapet.state.isDown = true;
    parapet.cutStreams();
    await page.getByText(/Last updated .* ago/).waitFor();
    expect(await shownText('.verdict')).toContain('Fail');
    parapet.state.isDown = false;
    await page.locator('.banner').waitFor({ state: 'detached' });
  });

  test('says that a release does not exist', async () => {
    await page.goto(`${parapet.url}/releases/rel_unknown`);
    await page.getByText('This does not exist, or is not yours to see.').waitFor();
  });
});

describe('the proposal', () => {
  test('is reached by its own address, which changes nothing', async () => {
    await page.goto(`${parapet.url}/proposals/${PROPOSAL_ID}`);
    await page.getByRole('heading', { name: 'Roll back?' }).waitFor();
    expect(page.url()).toBe(parapet.url + RELEASE);
    expect(parapet.state.answers).toEqual([]);
  });

  test('is approved in two acts: choose, then confirm with the name, what cannot be undone, and a reason', async () => {
    await chooseRollback();
    expect(await shownText('dialog')).toContain('The column pos_order.loyalty_id stays in the database.');
    const confirm = button('Roll back odoo-2026.11.3');
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel('Reason').fill('tills are stuck');
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel('I know what stays changed.').check();
    await confirm.click();
    await page.getByText('Approved by on-call').first().waitFor();
    expect(parapet.state.answers).toEqual([
      {
        id: PROPOSAL_ID,
        body: { answer: 'approve', planId: 'pln_1', planDigest: 'd1', reason: 'tills are stuck' },
        key: expect.stringMatching(/^console-[0-9a-f]{32}$/),
        ifMatch: '"3"',
        csrf: 'csrf-1',
      },
    ]);
  });

  test('is answered with the keyboard alone; Esc changes nothing and gives the focus back', async () => {
    await page.goto(parapet.url + RELEASE);
    await button('Keep it…').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    expect(await page.getByRole('dialog').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.textContent)).toBe('Keep it…');
    await page.keyboard.press('Enter');
    await page.keyboard.type('a promotion explains it');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Rejected by on-call').first().waitFor();
    expect(parapet.state.answers.map(({ body }) => body)).toEqual([
      { answer: 'reject', reason: 'a promotion explains it' },
    ]);
  });

  test('that changed meanwhile shows the difference and asks again, for what is shown now', async () => {
    const next = {
      ...(parapet.state.proposals.get(PROPOSAL_ID) as NonNullable<ReturnType<typeof parapet.state.proposals.get>>),
      revision: 4,
      planDigest: 'd2',
      recovering: true,
    };
    const take = parapet.state.onAnswer;
    parapet.state.onAnswer = () => {
      parapet.state.proposals.set(PROPOSAL_ID, next);
      parapet.state.onAnswer = take;
      return { status: 412, body: ['changed', 'the plan is another'] };
    };
    await chooseRollback();
    await page.getByLabel('Reason').fill('tills');
    await page.getByLabel('I know what stays changed.').check();
    await button('Roll back odoo-2026.11.3').click();
    await page.getByText('The guardrails have begun to recover.').waitFor();
    await page.getByLabel('I know what stays changed.').check();
    await button('Roll back odoo-2026.11.3').click();
    await page.getByText('Approved by on-call').first().waitFor();
    const [first, second] = parapet.state.answers;
    expect([first?.ifMatch, second?.ifMatch]).toEqual(['"3"', '"4"']);
    expect(second?.body).toMatchObject({ planDigest: 'd2' });
    expect(second?.key).not.toBe(first?.key);
  });

  test('that somebody else ended says how, and cannot be answered', async () => {
    const shown = parapet.state.proposals.get(PROPOSAL_ID) as NonNullable<
      ReturnType<typeof parapet.state.proposals.get>
    >;
    parapet.state.onAnswer = () => {
      parapet.state.proposals.set(PROPOSAL_ID, {
        ...shown,
        state: 'rejected',
        ended: { end: 'rejected', by: ['shops-lead'], at: new Date().toISOString(), reason: 'a promotion' },
      });
      return { status: 409, body: ['already-ended', 'it has ended'] };
    };
    await chooseRollback();
    await page.getByLabel('Reason').fill('tills');
    await page.getByLabel('I know what stays changed.').check();
    await button('Roll back odoo-2026.11.3').click();
    await page.locator('.refusal', { hasText: 'Rejected by shops-lead' }).waitFor();
    expect(await button('Roll back odoo-2026.11.3').isDisabled()).toBe(true);
    await button('Close').click();
    await page.getByRole('heading', { name: 'Rollback proposal' }).waitFor();
    expect(await button('Roll back…').count()).toBe(0);
  });

  test('sends a lost answer again under the same key', async () => {
    const take = parapet.state.onAnswer;
    parapet.state.onAnswer = () => ({ status: -1, body: null });
    await chooseRollback();
    await page.getByLabel('Reason').fill('tills');
    await page.getByLabel('I know what stays changed.').check();
    await button('Roll back odoo-2026.11.3').click();
    await page.getByText('Parapet cannot be reached').first().waitFor();
    parapet.state.onAnswer = take;
    await button('Roll back odoo-2026.11.3').click();
    await page.getByText('Approved by on-call').first().waitFor();
    const [first, second] = parapet.state.answers;
    expect(second?.key).toBe(first?.key);
  });

  test('asks to sign in again where the sign-in is too old to approve with, and then approves', async () => {
    const take = parapet.state.onAnswer;
    parapet.state.onAnswer = () => {
      parapet.state.onAnswer = take;
      return { status: 401, body: ['sign-in-too-old', 'sign in again'] };
    };
    await chooseRollback();
    await page.getByLabel('Reason').fill('tills');
    await page.getByLabel('I know what stays changed.').check();
    await button('Roll back odoo-2026.11.3').click();
    await page.getByLabel('Sign-in token').fill(parapet.state.token);
    await button('Roll back odoo-2026.11.3').click();
    await page.getByText('Approved by on-call').first().waitFor();
  });

  test('is acknowledged, commented on, and disabled when its time is over', async () => {
    await page.goto(parapet.url + RELEASE);
    await button('I am looking at it').click();
    await page.getByText(/on-call is looking at it, until/).waitFor();
    await page.getByLabel('Comment').fill('looking at the tills');
    await page.keyboard.press('Enter');
    await page.getByText('looking at the tills').waitFor();
    const shown = parapet.state.proposals.get(PROPOSAL_ID) as NonNullable<
      ReturnType<typeof parapet.state.proposals.get>
    >;
    parapet.state.proposals.set(PROPOSAL_ID, { ...shown, expiresAt: new Date(Date.now() - 1_000).toISOString() });
    await page.getByText('The time to decide is over.').waitFor();
    for (const name of ['I am no longer looking at it', 'Keep it…', 'Roll back…'])
      expect(await button(name).isDisabled()).toBe(true);
  });

  test('cannot be decided by somebody who may not, and says why', async () => {
    const shown = parapet.state.proposals.get(PROPOSAL_ID) as NonNullable<
      ReturnType<typeof parapet.state.proposals.get>
    >;
    parapet.state.proposals.set(PROPOSAL_ID, { ...shown, eligible: { may: false, why: 'self-approval' } });
    await page.goto(parapet.url + RELEASE);
    await page.getByText('You started this release, so somebody else has to approve.').waitFor();
    expect(await button('Roll back…').isDisabled()).toBe(true);
  });
});

describe('alerts', () => {
  const settle = () => button('Settle CheckoutErrors…');

  test('of the release and those that may be its doing are shown, what is of another release is not', async () => {
    await page.goto(parapet.url + RELEASE);
    await page.getByText('Not reported any more since').waitFor();
    expect(await shownText('.alerts')).toContain('It may be the doing of odoo-2026.11.3 or odoo-2026.11.4-hotfix.');
    expect(await page.getByText('OfAnotherRelease').count()).toBe(0);
  });

  test('in doubt are settled in two acts: choose to, then say how it stands and why', async () => {
    await page.goto(parapet.url + RELEASE);
    await settle().click();
    const dialog = page.getByRole('dialog');
    const confirm = dialog.locator('button[type=submit]');
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel('It is over').check();
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel('Reason').fill('the tills sell again');
    expect(parapet.state.words).toEqual([]);
    await button('CheckoutErrors is over').click();
    await page.getByText('“the tills sell again”. This counts in a moment.').waitFor();
    expect(await settle().count()).toBe(0);
    expect(parapet.state.words).toEqual([
      {
        alert: 'shop-alertmanager 8f2c1d9e00aa11bb',
        body: { episode: 1, as: 'resolved', reason: 'the tills sell again' },
        key: expect.stringMatching(/^console-[0-9a-f]{32}$/),
        csrf: 'csrf-1',
      },
    ]);
  });

  test('that are no longer in doubt say so, and nothing is lost that was written', async () => {
    parapet.state.wordRefusal = ['not-in-doubt', 'there is no doubt about this alert'];
    await page.goto(parapet.url + RELEASE);
    await settle().click();
    await page.getByLabel('It fires').check();
    await page.getByLabel('Reason').fill('the queue grows');
    await button('CheckoutErrors fires').click();
    await page.getByText('There is no doubt about this alert any more.').waitFor();
    expect(await page.getByLabel('Reason').inputValue()).toBe('the queue grows');
  });

  test('cannot be settled by somebody who may only look', async () => {
    parapet.state.caller = { ...parapet.state.caller, roles: ['viewer'] };
    await page.goto(parapet.url + RELEASE);
    await page.getByText('Not reported any more since').waitFor();
    expect(await settle().count()).toBe(0);
  });

  test('are not mentioned where all is quiet and every source is heard', async () => {
    parapet.state.alerts = { ...parapet.state.alerts, items: [] };
    await page.goto(parapet.url + RELEASE);
    await page.locator('.chart').first().waitFor();
    expect(await page.locator('.alerts').count()).toBe(0);
    const silent = { source: 'shop-alertmanager', health: 'never', heardAt: null } as const;
    parapet.state.alerts = { ...parapet.state.alerts, sources: [silent] };
    await page.getByText('shop-alertmanager has never been heard').waitFor();
  });
});

describe('on a phone', () => {
  test('nothing is wider than the screen, every target fits a thumb, and the answers stay within reach', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const path of ['/', RELEASE]) {
      await page.goto(parapet.url + path);
      await page.locator('.row, .chart').first().waitFor();
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(
        0,
      );
      const small = await page.evaluate(() =>
        [...document.querySelectorAll('button, a:not(.skip), input, select, summary')]
          .filter(
            (element) => element.getBoundingClientRect().height > 0 && element.getBoundingClientRect().height < 44,
          )
          .map((element) => element.outerHTML.slice(0, 80)),
      );
      expect(small).toEqual([]);
    }
    await page.locator('#proposal').scrollIntoViewIfNeeded();
    expect(await button('Roll back…').isVisible()).toBe(true);
  });
});
