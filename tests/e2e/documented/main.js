// Two who talk while their connections are cut: node main.js URL MESSAGES CUTS. Prints what came of it.

import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "./client.js";

const [url, messages, cuts] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const room = `documented-${process.pid}`;
const clients = ["Ann", "Ben"].map((nick) => new Client(url, `${nick} ${process.pid}`, room));
const said = clients.map(() => []);

async function talk(client, own) {
  for (let number = 0; number < messages; number += 1) {
    own.push(client.say(`${number}`));
    await sleep(5);
  }
}

async function cutAll() {
  for (let number = 0; number < cuts; number += 1) {
    const client = clients[number % clients.length];
    while (!client.isJoined) await sleep(5);
    await sleep(Math.random() * 100);
    client.cut();
  }
}

await Promise.all([...clients.map((client, place) => talk(client, said[place])), cutAll()]);
while (!clients.every((one) => one.isIdle && one.last === clients[0].last)) await sleep(20);
await sleep(300); // what comes twice would come now

const [{ events }] = clients;
for (const client of clients) {
  assert.deepEqual(client.faults, []);
  assert.deepEqual(client.events, events);
}
assert.deepEqual(
  events.map(({ seq }) => seq),
  events.map((_, place) => place + 1),
);
for (const own of said) {
  const mine = events.filter(({ cid }) => own.includes(cid)).map(({ cid }) => cid);
  assert.deepEqual(mine, own); // each once, in the order in which they were said
}
assert.equal(events.length, messages * clients.length);
const connections = clients.map((client) => client.connections).reduce((one, other) => one + other);
console.log(JSON.stringify({ events: events.length, connections }));
process.exit(0);
