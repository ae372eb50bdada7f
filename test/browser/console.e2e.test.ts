import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';
import { beginRelease } from '../../tools/demo/release.mjs';
import { findChromium } from '../../tools/servers/index.mjs';
import { CODE, expectVerified, follow, isVerification, type OwnWorld, ownWorld, typeOf } from '../acceptance/story.js';

/** Looked at by people; the documentation's picture of the console is one of them. */
const SHOTS = join(import.meta.dirname, '..', '..', '.parapet', 'screenshots');
const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };

describe('the console in a real Chromium', () => {
  let own: OwnWorld;
  let browser: Browser;
  let page: Page;
  const complaints: string[] = [];

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    const found = await findChromium();
    if (found === undefined) throw new Error('no Chromium: install chromium, or name one in PARAPET_CHROMIUM');
    browser = await chromium.launch({
      executablePath: found.command,
      args: [
        ...found.args,
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
      env: { ...(process.env as Record<string, string>), ...found.env },
    });
    own = await ownWorld({ alerts: false });
    const context = await browser.newContext({ viewport: DESKTOP });
    page = await context.newPage();
    page.on('pageerror', (error) => complaints.push(error.message));
    // What the content security policy stops is said on the console of the browser.
    page.on('console', (message) => {
      if (message.type() === 'error' && !message.text().includes('401')) complaints.push(message.text());
    });
  }, 240_000);

  afterAll(async () => {
    await browser?.close();
    await own?.stop();
  }, 60_000);

  it('signs in with the token that the demo prints, and says how to begin where there is nothing yet', async () => {
    await page.goto(own.world.system.urls.console);
    await page.getByLabel('Sign-in token').fill(own.world.tokens.person);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('parapet release start').first().waitFor();
    await page.screenshot({ path: join(SHOTS, 'empty-1280.png') });
  }, 60_000);

  it('a person on a phone reads a proposal and approves it in two deliberate acts', async () => {
    const { world, pipeline, person } = own;
    const good = await beginRelease({ world, pipeline, version: '2.4.1', criticality: 'medium', steps: CODE });
    const bad = await beginRelease({
      world,
      pipeline,
      version: '2.5.1',
      criticality: 'medium',
      steps: CODE,
      previous: good.id,
    });
    await page.getByText(bad.name).first().waitFor();
    const opened = (await follow(person, bad.id, (event) => typeOf(event) === 'proposal.opened')).at(-1);

    await page.goto(`${world.system.urls.console}/releases/${bad.id}`);
    await page.getByRole('heading', { name: 'Roll back?' }).waitFor();
    // The picture is of a chart with something in it.
    await page.locator('.chart-line').first().waitFor();
    await page.screenshot({ path: join(SHOTS, 'release-1280.png') });
    await page.setViewportSize(PHONE);
    await page.screenshot({ path: join(SHOTS, 'release-390.png'), fullPage: true });
    const overflow = await page.evaluate(
      () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
    );
    expect(overflow).toBe(0);

    await page.getByRole('button', { name: 'I am looking at it' }).click();
    await page.getByText('on-call is looking at it, until').waitFor();
    await page.getByRole('button', { name: 'Roll back…' }).click();
    const confirm = page.getByRole('button', { name: `Roll back ${bad.name}` });
    // Nothing was decided by the first act, and nothing is without a reason.
    expect(await confirm.isDisabled()).toBe(true);
    await page.getByLabel('Reason').fill('the tills matter more than the feature');
    await page.screenshot({ path: join(SHOTS, 'confirm-390.png') });
    await confirm.click();

    const story = await follow(person, bad.id, isVerification);
    expect(story.find((event) => typeOf(event) === 'proposal.ended')?.data).toMatchObject({
      proposal: opened?.data.proposal,
      end: 'approved',
      by: ['on-call'],
    });
    expectVerified(story);
    await page.setViewportSize(DESKTOP);
    await page.getByText('Rolled back and verified').first().waitFor();
    await page.screenshot({ path: join(SHOTS, 'rolled-back-1280.png'), fullPage: true });
    await page.goto(own.world.system.urls.console);
    await page.getByText(bad.name).first().waitFor();
    await page.screenshot({ path: join(SHOTS, 'releases-1280.png') });
    await page.setViewportSize(PHONE);
    await page.screenshot({ path: join(SHOTS, 'releases-390.png') });
  }, 240_000);

  it('nothing was refused by its own content security policy, and no script failed', () => {
    expect(complaints).toEqual([]);
  });
});
