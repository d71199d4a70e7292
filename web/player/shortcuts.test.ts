import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type KeyPlace, shortcutOf } from './shortcuts.ts';

const press = (key: string, place: KeyPlace = 'page', isRepeated = false) =>
  shortcutOf({ key, place, isRepeated });
const seek = (deltaS: number) => ({ kind: 'seek', deltaS });

test('shortcutOf() knows the keys of a player', () => {
  assert.deepEqual(press(' '), { kind: 'play' });
  assert.deepEqual(press('k'), { kind: 'play' });
  assert.deepEqual(press('K'), { kind: 'play' });
  assert.deepEqual(press('j'), seek(-10));
  assert.deepEqual(press('l'), seek(10));
  assert.deepEqual(press('ArrowLeft'), seek(-5));
  assert.deepEqual(press('ArrowRight'), seek(5));
  assert.deepEqual(press('Home'), { kind: 'oldest' });
  assert.deepEqual(press('End'), { kind: 'live' });
  assert.deepEqual(press('m'), { kind: 'mute' });
  assert.deepEqual(press('f'), { kind: 'fullscreen' });
  assert.equal(press('x'), null);
  assert.equal(press('ArrowUp'), null, 'which scrolls the page');
});

test('shortcutOf() leaves keys to what has the focus', () => {
  for (const key of [' ', 'k', 'j', 'm', 'f', 'ArrowLeft', 'Home']) {
    assert.equal(press(key, 'typing'), null, key);
  }
  for (const key of [' ', 'ArrowLeft', 'Home', 'End']) {
    assert.equal(press(key, 'reading'), null, key);
    assert.equal(press(key, 'range'), null, key);
  }
  assert.deepEqual(press('k', 'reading'), { kind: 'play' });
  assert.equal(press(' ', 'button'), null, 'which presses it');
  assert.deepEqual(press('ArrowLeft', 'button'), seek(-5));
});

test('shortcutOf() gives a slider what a slider takes', () => {
  assert.deepEqual(press('ArrowDown', 'slider'), seek(-5));
  assert.deepEqual(press('ArrowUp', 'slider'), seek(5));
  assert.deepEqual(press('PageUp', 'slider'), seek(30));
  assert.deepEqual(press('PageDown', 'slider'), seek(-30));
  assert.deepEqual(press(' ', 'slider'), { kind: 'play' });
});

test('shortcutOf() goes on while a key is held, but switches once', () => {
  assert.deepEqual(press('j', 'page', true), seek(-10));
  assert.equal(press('k', 'page', true), null);
  assert.equal(press('f', 'page', true), null);
});
