/* Sends at a fixed rate, whatever the server does. */
#define _GNU_SOURCE
#include "chat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t number; /* of the next message */

/* When the message with this id was due; 0 if there is none. */
int64_t due_of(int64_t id)
{
    int64_t start = begin_at - settings.warmup_ms * NS_PER_MS;
    if (id < 0 || (uint64_t)id >= number)
        return 0;
    return start + (int64_t)(id * (NS_PER_S / (double)settings.rate));
}

/* The n-th sender: the first healthy client from its place on, as those before may be lost. */
static struct client *sender(uint64_t number)
{
    long at = (long)(number % settings.senders) * (settings.clients / settings.senders);
    while (clients[at].stuck || clients[at].fd < 0)
        at = (at + 1) % settings.clients;
    clients[at].sends = 1;
    return &clients[at];
}

static void send_message(uint64_t id, int64_t due)
{
    static uint8_t text[TEXT_MAX], message[MESSAGE_MAX], wire[WIRE_MAX];
    struct client *client = sender(id);
    if (client->unsent && !push(client, client->outgoing, client->unsent)) {
        tally.backpressured++;
        return;
    }
    memset(text, 'x', settings.size);
    snprintf((char *)text, DIGITS + 2, "%c%016llx", MARKER, (unsigned long long)due);
    text[DIGITS + 1] = ' ';
    long audience = live_in[client->number % settings.rooms];
    size_t length = settings.v1 ? write_send(message, client, id, text) : (size_t)settings.size;
    if (!push(client, wire, frame(wire, 1, settings.v1 ? message : text, length)))
        tally.backpressured++; /* a part is out, or waits: it will arrive, late */
    int counts = due >= begin_at && due < end_at;
    tally.sent++;
    tally.expected += audience;
    tally.window_sent += counts;
    tally.window_expected += counts ? audience : 0;
}

/* Send all that is due by now. */
void send_due(int64_t now, int64_t start)
{
    if (!settings.rate)
        return;
    for (;;) {
        int64_t due = start + (int64_t)(number * (NS_PER_S / (double)settings.rate));
        if (due > now || due >= end_at || !live)
            return;
        if (due >= begin_at && now - due > tally.latest_ns)
            tally.latest_ns = now - due;
        number++;
        send_message(number - 1, due);
    }
}
