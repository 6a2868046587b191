/* Speaks v1: says hello and what there is to say, and finds the answers in what comes. */
#define _GNU_SOURCE
#include "chat.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NICK_MAX 32

/* What is looked for, one after the other; an id stands somewhere behind its ok. */
static const char joined_word[] = "\"t\":\"joined\"";
static const char ok_word[] = "\"t\":\"ok\"";
static const char id_word[] = "\"id\":";

/* A nick that looks like nobody else's: of letters that are not similar to any other. */
static void write_nick(char *out, long number)
{
    static const char letters[] = "abcdefgh";
    *out++ = 'p';
    do
        *out++ = letters[number & 7];
    while (number >>= 3);
    *out = 0;
}

/* Say who it is, and in which room it wants to be. */
void say_hello(struct client *client)
{
    char nick[NICK_MAX];
    uint8_t text[256], wire[sizeof text + 16];
    write_nick(nick, client->number);
    int length = snprintf((char *)text, sizeof text,
                          "[{\"t\":\"hello\",\"id\":0,\"nick\":\"%s\","
                          "\"rooms\":[{\"room\":\"r%ld\"}]}]",
                          nick, client->number % settings.rooms);
    if (!push(client, wire, frame(wire, 1, text, length)))
        fail("hello");
}

/* Write the request to say a text; returns its length. The cid is unique on the machine. */
size_t write_send(uint8_t *out, const struct client *client, uint64_t id, const uint8_t *text)
{
    uint64_t when = (uint64_t)begin_at;
    int head = snprintf((char *)out, MESSAGE_MAX,
                        "[{\"t\":\"send\",\"id\":%llu,\"room\":\"r%ld\","
                        "\"cid\":\"%08x-%04x-4%03x-8%03x-%012llx\",\"text\":\"",
                        (unsigned long long)id, client->number % settings.rooms,
                        (unsigned)(when >> 32), (unsigned)(when >> 16 & 0xffff),
                        (unsigned)(when & 0xfff), (unsigned)getpid() & 0xfff,
                        (unsigned long long)id);
    memcpy(out + head, text, settings.size);
    memcpy(out + head + settings.size, "\"}]", 3);
    return head + settings.size + 3;
}

static void take_digit(struct client *client, uint8_t byte, int64_t now)
{
    if (byte >= '0' && byte <= '9') {
        client->id = client->id * 10 + byte - '0';
        return;
    }
    tally.acknowledged++;
    keep_sample(&acknowledgements, due_of(client->id), now);
    client->id = -1;
    client->is_ok = 0;
}

/* Go on to what is looked for next. */
static void take_word(struct client *client)
{
    client->matched = 0;
    if (!client->joined)
        client->joined = 1;
    else if (client->is_ok)
        client->id = 0;
    else
        client->is_ok = 1;
}

/* Take the answers in a piece of payload, which may be cut anywhere. */
void take_answers(struct client *client, const uint8_t *data, size_t length, int64_t now)
{
    for (size_t i = 0; i < length; i++) {
        const char *word = !client->joined ? joined_word : client->is_ok ? id_word : ok_word;
        if (client->id >= 0) {
            take_digit(client, data[i], now);
            continue;
        }
        /* All words begin with a quote; in JSON no other beginning of theirs can overlap. */
        if (data[i] == word[client->matched])
            client->matched++;
        else
            client->matched = data[i] == word[0];
        if (!word[client->matched])
            take_word(client);
    }
}
