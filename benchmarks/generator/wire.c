/* Makes frames, takes those apart that come, and counts and times the messages in them. */
#define _GNU_SOURCE
#include "chat.h"

#include <string.h>
#include <sys/socket.h>

enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

size_t frame(uint8_t *out, int opcode, const uint8_t *payload, size_t length)
{
    static const uint8_t mask[4] = {0x5b, 0x1d, 0xe7, 0x92};
    size_t at = 0;
    out[at++] = 0x80 | opcode;
    if (length < 126) {
        out[at++] = 0x80 | length;
    } else {
        out[at++] = 0x80 | 126;
        out[at++] = length >> 8;
        out[at++] = length & 255;
    }
    memcpy(out + at, mask, 4);
    at += 4;
    for (size_t i = 0; i < length; i++)
        out[at + i] = payload[i] ^ mask[i & 3];
    return at + length;
}

/* Time the messages in a piece of payload; a timestamp may be cut by the end of a read. */
static void time_messages(struct client *client, const uint8_t *data, size_t length, int64_t now)
{
    const uint8_t *end = data + length;
    while (data < end) {
        if (!client->digits) {
            data = memchr(data, MARKER, end - data);
            if (!data)
                return;
            data++;
            client->digits = DIGITS;
            client->timestamp = 0;
            continue;
        }
        uint8_t digit = *data++;
        client->timestamp = client->timestamp << 4 | (digit <= '9' ? digit - '0' : digit - 'a' + 10);
        if (!--client->digits)
            keep_sample(&latencies, (int64_t)client->timestamp, now);
    }
}

static uint64_t count(const uint8_t *data, size_t length)
{
    uint64_t markers = 0;
    for (size_t i = 0; i < length; i++) /* the compiler makes this 16 or more bytes at a time */
        markers += data[i] == MARKER;
    return markers;
}

static void take_control(struct client *client)
{
    uint8_t pong[sizeof client->control + 8];
    if (client->opcode == CLOSE) {
        lose(client);
    } else if (client->opcode == PING && !client->unsent) { /* not into the middle of a message */
        size_t length = frame(pong, PONG, client->control, client->control_filled);
        if (send(client->fd, pong, length, MSG_NOSIGNAL) != (ssize_t)length)
            lose(client);
    }
    client->control_filled = 0;
}

static void take_payload(struct client *client, const uint8_t *data, size_t length, int64_t now)
{
    if (client->opcode >= CLOSE) {
        memcpy(client->control + client->control_filled, data, length);
        client->control_filled += length;
        return;
    }
    tally.deliveries += count(data, length);
    if (client->sampled)
        time_messages(client, data, length, now);
    if (settings.v1 && (client->sends || !client->joined))
        take_answers(client, data, length, now);
}

/* Whether the header under way is complete; if so, the size of its payload is known. */
static int read_header(struct client *client)
{
    const uint8_t *header = client->header;
    size_t extra = header[1] < 126 ? 0 : header[1] == 126 ? 2 : 8;
    if (client->header_filled < 2 || client->header_filled < 2 + extra)
        return 0;
    client->opcode = header[0] & 15;
    client->left = extra ? 0 : header[1];
    for (size_t i = 0; i < extra; i++)
        client->left = client->left << 8 | header[2 + i];
    client->header_filled = 0;
    return 1;
}

/* Take what has come for a client, wherever it is cut. */
void take(struct client *client, const uint8_t *data, size_t length, int64_t now)
{
    if (client->follows) {
        client->opcode = TEXT;
        take_payload(client, data, length, now);
        return;
    }
    while (length && client->fd >= 0) {
        if (!client->left) {
            client->header[client->header_filled++] = *data++;
            length--;
            if (!read_header(client))
                continue;
        }
        size_t some = length < client->left ? length : client->left;
        take_payload(client, data, some, now);
        data += some;
        length -= some;
        client->left -= some;
        if (!client->left && client->opcode >= CLOSE)
            take_control(client);
    }
}
