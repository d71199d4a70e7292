/** How the chat panel shows settings, votes, what is on its way and what can be done, at both sizes. */
import assert from 'node:assert/strict';
import { after, before, suite, test } from 'node:test';
import { POLL_RESULT_MS } from '../../contract/index.ts';
import { needs } from '../support/component.ts';
import { untilTrue } from '../support/page-looks.ts';
import { ChatHouse, FrameHold, lineOf, write } from './chat-house.ts';

const SIZES = ['desk', 'phone'] as const;

/** Whether every button of a menu is on top where it is, and so are the name and the first word of its message. */
const IS_OPEN_IN_SIGHT = `(() => {
  const isOnTop = (element, box = element.getBoundingClientRect()) => {
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return top !== null && element.contains(top);
  };
  const actions = document.querySelector('.chat-actions');
  const line = actions.previousElementSibling;
  const words = line.querySelector('bdi:not(.chat-name)');
  const name = line.querySelector('.chat-name');
  return [...actions.querySelectorAll('button')].every((button) => isOnTop(button)) &&
    isOnTop(name) && isOnTop(words, words.getClientRects()[0]);
})()`;

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
      await untilTrue(page, 'choices are whole', isWhole);
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
      // A page that is opened anew does not know the vote, and offers it; what is pressed is not typed.
      const field = page.getByLabel('Message', { exact: true });
      await field.fill('');
      await page.reload();
      await poll.getByRole('button', { name: 'Vote for the lower' }).click();
      await page.getByText('You have one vote, and it is cast.').waitFor();
      // What is given back stands in the field with the next drawing.
      await page.evaluate(
        'new Promise((done) => requestAnimationFrame(() => setTimeout(done, 100)))',
      );
      assert.equal(await field.inputValue(), '');
      await page.clock.install();
      await poll.getByRole('button', { name: 'End poll' }).click();
      await poll.getByText('Poll, ended').waitFor();
      await page.clock.fastForward(POLL_RESULT_MS);
      await poll.waitFor({ state: 'detached' });
      await page.context().close();
    });

    test(`the menu of a message leaves it in sight, and nothing lies over it (${viewport})`, async () => {
      const page = await house.visit({ viewport, isOperator: true });
      const end = `the end of what is said on a ${viewport}`;
      for (let index = 0; index < 20; index += 1) await house.say('Una', `word ${index}`);
      await house.say('Una', `${'a long word about water '.repeat(18)}${end}`);
      await house.say('Una', end);
      await write(page, `/poll 600 Which wheel, on a ${viewport}? | the upper | the lower`);
      await page.getByRole('button', { name: 'Vote for the lower' }).waitFor();
      for (const text of ['a long word', 'word 19', end]) {
        const line = lineOf(page, text).last();
        await line.scrollIntoViewIfNeeded();
        await line.hover();
        await line.locator('.chat-more').click();
        await page.getByRole('button', { name: 'Time Una out for 1 day' }).waitFor();
        await untilTrue(page, `the menu of "${text}"`, IS_OPEN_IN_SIGHT);
        await line.locator('.chat-more').click();
        await page.locator('.chat-actions').waitFor({ state: 'detached' });
      }
      const last = lineOf(page, end).last();
      await last.hover();
      await last.locator('.chat-more').click();
      await page.getByRole('button', { name: 'Ban…' }).click();
      await page.getByRole('button', { name: 'Ban Una for good' }).waitFor();
      await untilTrue(page, 'the menu that asks again', IS_OPEN_IN_SIGHT);
      await page.evaluate('document.querySelector(".chat-log").scrollTop = 0');
      await page.locator('.chat-actions').waitFor({ state: 'detached' });
      await page.getByRole('button', { name: 'End poll' }).click();
      await page.getByText('Poll, ended').waitFor();
      await page.context().close();
    });
  }
});
