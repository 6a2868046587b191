/* The floor: what the kernel alone asks for. A loop of write() for each message, and nothing else.
 *
 * No queue: what a socket does not take at once is dropped, and a client whose socket took half a
 * frame is disconnected. So it is a measure for a server's cost, not a server to use. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE 16384 /* bytes of input a client may have waiting; a message must fit */
#define EVENTS 64
#define HEADER_MAX 14

struct client {
    int fd;
    int place; /* in members; -1 before the handshake */
    size_t filled;
    uint8_t buffer[BUFFER_SIZE];
};

/* The descriptor stands beside the pointer, so that the loop of write() reads one array alone. */
struct member {
    int fd;
    struct client *client;
};

static struct member *members;
static int member_count, member_room;
static int poll_fd;

/* ---- SHA-1 and base64, for the handshake alone ---- */

static uint32_t rotate(uint32_t value, int bits)
{
    return value << bits | value >> (32 - bits);
}

static void sha1_block(uint32_t state[5], const uint8_t *block)
{
    uint32_t w[80], a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | block[4 * i + 1] << 16 | block[4 * i + 2] << 8 |
               block[4 * i + 3];
    for (int i = 16; i < 80; i++)
        w[i] = rotate(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
    for (int i = 0; i < 80; i++) {
        uint32_t f = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                     : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                     : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                              : (b ^ c ^ d) + 0xca62c1d6;
        uint32_t next = rotate(a, 5) + f + e + w[i];
        e = d, d = c, c = rotate(b, 30), b = a, a = next;
    }
    state[0] += a, state[1] += b, state[2] += c, state[3] += d, state[4] += e;
}

/* Of up to 119 bytes, which a key and the protocol's suffix (60) are well below. */
static void sha1(const uint8_t *data, size_t length, uint8_t digest[20])
{
    uint32_t state[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
    uint8_t padded[128] = {0};
    size_t total = length + 9 <= 64 ? 64 : 128;
    memcpy(padded, data, length);
    padded[length] = 0x80;
    padded[total - 2] = length * 8 >> 8;
    padded[total - 1] = length * 8 & 255;
    for (size_t at = 0; at < total; at += 64)
        sha1_block(state, padded + at);
    for (int i = 0; i < 20; i++)
        digest[i] = state[i / 4] >> (24 - 8 * (i % 4));
}

/* Of 20 bytes: 28 characters. */
static void base64(const uint8_t digest[20], char *out)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint8_t padded[21] = {0};
    memcpy(padded, digest, 20);
    for (int i = 0; i < 21; i += 3, out += 4) {
        uint32_t group = padded[i] << 16 | padded[i + 1] << 8 | padded[i + 2];
        for (int j = 0; j < 4; j++)
            out[j] = letters[group >> (18 - 6 * j) & 63];
    }
    out[-1] = '=';
    out[0] = 0;
}

/* ---- clients ---- */

static void drop(struct client *client)
{
    if (client->place >= 0) {
        members[client->place] = members[--member_count];
        members[client->place].client->place = client->place;
    }
    close(client->fd);
    free(client);
}

static void join(struct client *client)
{
    if (member_count == member_room) {
        member_room = member_room ? 2 * member_room : 1024;
        members = realloc(members, member_room * sizeof *members);
    }
    client->place = member_count;
    members[member_count++] = (struct member){client->fd, client};
}

/* Whether the client is still there; its request may not be complete yet. */
static int shake_hands(struct client *client)
{
    static const char name[] = "Sec-WebSocket-Key: ";
    static const char suffix[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
    char joined[64], accept[32], answer[256];
    uint8_t digest[20];
    client->buffer[client->filled] = 0;
    char *text = (char *)client->buffer;
    if (!strstr(text, "\r\n\r\n"))
        return client->filled < 4096;
    char *key = strcasestr(text, name);
    if (!key)
        return 0;
    snprintf(joined, sizeof joined, "%.24s%s", key + sizeof name - 1, suffix);
    sha1((uint8_t *)joined, strlen(joined), digest);
    base64(digest, accept);
    int length = snprintf(answer, sizeof answer,
                          "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                          "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n",
                          accept);
    client->filled = 0;
    join(client);
    return write(client->fd, answer, length) == length;
}

static void fan_out(const uint8_t *payload, size_t length)
{
    static uint8_t wire[BUFFER_SIZE + 4];
    size_t header = length < 126 ? 2 : 4;
    wire[0] = 0x81;
    wire[1] = length < 126 ? length : 126;
    if (header == 4) {
        wire[2] = length >> 8;
        wire[3] = length & 255;
    }
    memcpy(wire + header, payload, length);
    ssize_t size = header + length;
    for (int i = 0; i < member_count; i++) {
        ssize_t taken = write(members[i].fd, wire, size);
        if (taken != size && !(taken < 0 && errno == EAGAIN))
            shutdown(members[i].fd, SHUT_RDWR); /* it is dropped when that is read */
    }
}

/* Whether the client is still there. Takes all complete frames out of its buffer. */
static int take_frames(struct client *client)
{
    uint8_t *frame = client->buffer, *end = client->buffer + client->filled;
    while (end - frame >= 2) {
        size_t length = frame[1] & 127, header = length == 126 ? 4 : 2;
        if (length == 127 || end - frame < (long)header + 4)
            break;
        if (header == 4)
            length = frame[2] << 8 | frame[3];
        uint8_t *mask = frame + header, *payload = mask + 4;
        if (length > BUFFER_SIZE - HEADER_MAX || (frame[0] & 15) == 8)
            return 0;
        if (end - payload < (long)length)
            break;
        for (size_t i = 0; i < length; i++)
            payload[i] ^= mask[i & 3];
        if ((frame[0] & 15) == 1)
            fan_out(payload, length);
        frame = payload + length;
    }
    client->filled = end - frame;
    memmove(client->buffer, frame, client->filled);
    return 1;
}

static void serve(struct client *client)
{
    ssize_t got = read(client->fd, client->buffer + client->filled,
                       BUFFER_SIZE - 1 - client->filled);
    if (got < 0 && errno == EAGAIN)
        return;
    client->filled += got > 0 ? got : 0;
    if (got <= 0 || !(client->place < 0 ? shake_hands(client) : take_frames(client)))
        drop(client);
}

static void admit(int listener)
{
    int one = 1;
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct client *client = malloc(sizeof *client);
    client->fd = fd;
    client->place = -1;
    client->filled = 0;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int listen_on(int port)
{
    int one = 1;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, 65535)) {
        perror("listen");
        exit(1);
    }
    return listener;
}

int main(int count, char **arguments)
{
    int listener = listen_on(count > 1 ? atoi(arguments[1]) : 0);
    struct epoll_event events[EVENTS], event = {.events = EPOLLIN};
    signal(SIGPIPE, SIG_IGN);
    poll_fd = epoll_create1(EPOLL_CLOEXEC);
    epoll_ctl(poll_fd, EPOLL_CTL_ADD, listener, &event);
    puts("listening");
    fflush(stdout);
    for (;;) {
        int ready = epoll_wait(poll_fd, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.ptr)
                serve(events[i].data.ptr);
            else
                admit(listener);
        }
    }
}
