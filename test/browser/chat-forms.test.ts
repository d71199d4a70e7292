/** How the chat panel shows settings, votes, what is on its way and what can be done, at both sizes. */
import { after, before, suite, test } from 'node:test';
import { needs } from '../support/component.ts';
import { ChatHouse, FrameHold, lineOf, untilTrue, write } from './chat-house.ts';

const SIZES = ['desk', 'phone'] as const;

suite('the forms of the chat panel', needs('chromium'), () => {
  let house: ChatHouse;
  const cleanings: (() => Promise<void> | void)[] = [];

  before(async () => {
    house = await ChatHouse.open({ after: (task) => void cleanings.push(task) });
  });
  after(async () => {
    for (const clean of cleanings.toReversed()) await clean();
  });

  for (const viewport of SIZES) {
    test(`settings stand with their unit and are not cut off (${viewport})`, async () => {
      const page = await house.visit({ viewport, isOperator: true });
      await write(page, '/slow 5');
      await write(page, '/followers 10');
      await page.locator('.chat-options summary').click();
      const chosen = (label: string, text: RegExp) =>
        page.getByLabel(label, { exact: true }).locator('option:checked', { hasText: text });
      await chosen('Slow mode', /^5 s$/).waitFor({ state: 'attached' });
      await chosen('Who', /^Followers for 10 min$/).waitFor({ state: 'attached' });
      const isWhole = `[...document.querySelectorAll('.chat-select select')].every((select) => {
        const free = select.cloneNode(true);
        free.style.cssText = 'max-width: none; width: max-content; position: absolute';
        select.after(free);
        const isCut = free.offsetWidth > select.offsetWidth;
        free.remove();
        const sheet = select.closest('.chat-sheet');
        return !isCut && sheet.scrollWidth <= sheet.clientWidth;
      })`;
      await untilTrue(page, isWhole, 'a choice is cut off');
      await write(page, '/slow 0');
      await write(page, '/followersoff');
      await page.getByText('Who does not follow may write as well.').last().waitFor();
      await page.context().close();
    });

    test(`what is on its way stands as it will be (${viewport})`, async () => {
      const hold = new FrameHold();
      const page = await house.visit({ viewport, isOperator: true, hold });
      const pending = (text: RegExp, kind: string) =>
        page.locator(`.chat-pending[data-kind="${kind}"] > bdi:not(.chat-name)`, { hasText: text });
      hold.begin();
      await write(page, `/me waves from a ${viewport}`);
      await write(page, `/announce Back at 8, ${viewport}`);
      await pending(/^waves from/, 'action').waitFor();
      await pending(/^Back at 8/, 'announcement').waitFor();
      await write(page, '/me');
      await page.locator('.chat-pending:not([data-kind])', { hasText: '/me' }).waitFor();
      hold.end();
      await page.locator('.chat-pending').last().waitFor({ state: 'detached' });
      await lineOf(page, `waves from a ${viewport}`).waitFor();
      await lineOf(page, `Back at 8, ${viewport}`).waitFor();
      await page.getByText('The text is missing. Usage: /me <text>').waitFor();
      await page.context().close();
    });

    test(`a vote that is typed is shown as one's own (${viewport})`, async () => {
      const page = await house.visit({ viewport, isOperator: true });
      await write(page, '/poll 600 Which wheel? | the upper | the lower');
      const poll = page.getByLabel('Poll', { exact: true });
      await poll.getByRole('button', { name: 'Vote for the lower' }).waitFor();
      await write(page, '/vote 3');
      await page.getByText('The poll has 2 choices.').waitFor();
      await poll.getByRole('button', { name: 'Vote for the lower' }).waitFor();
      await write(page, '/vote 2');
      await poll.locator('li', { hasText: 'the lower' }).getByText('Your vote').waitFor();
      await poll.getByRole('button', { name: 'Vote for' }).first().waitFor({ state: 'detached' });
      await write(page, '/vote 1');
      await page.getByText('You have one vote, and it is cast.').waitFor();
      await poll.locator('li', { hasText: 'the lower' }).getByText('Your vote').waitFor();
      await poll.getByText('1 vote', { exact: false }).first().waitFor();
      await poll.getByRole('button', { name: 'End poll' }).click();
      await poll.getByText('Poll, ended').waitFor();
      await page.context().close();
    });
  }
});
