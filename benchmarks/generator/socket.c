/* Opens WebSocket connections on raw sockets. */
#define _GNU_SOURCE
#include "generator.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_SIZE 4096         /* bytes of an answer head at most, and a little behind it */
#define CONNECT_TIMEOUT_MS 20000 /* the kernel repeats a SYN that found the queue full after 1, 3, 7 s */

static struct sockaddr_in server_address(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(settings.port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

int open_socket(int receive_buffer)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        fail("socket");
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (receive_buffer) /* before connecting, so that the window is never larger */
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    return fd;
}

int begin_connect(int fd)
{
    struct sockaddr_in address = server_address();
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 || errno == EINPROGRESS)
        return 0;
    return -1;
}

int ask_upgrade(int fd)
{
    char request[320];
    int length = snprintf(request, sizeof request,
                          "GET /ws HTTP/1.1\r\n"
                          "Host: 127.0.0.1:%ld\r\n"
                          "Upgrade: websocket\r\n"
                          "Connection: Upgrade\r\n"
                          "Sec-WebSocket-Key: dHJpby1jaGF0IGJlbmNoLg==\r\n"
                          "%s"
                          "Sec-WebSocket-Version: 13\r\n\r\n",
                          settings.port,
                          settings.v1 ? "Sec-WebSocket-Protocol: trio-chat.v1\r\n" : "");
    return send(fd, request, length, MSG_NOSIGNAL) == length ? 0 : -1;
}

/* Ask for the events of a room. 0, or -1 if the socket did not take it. */
static int ask_events(int fd, long room)
{
    char request[128];
    int length = snprintf(request, sizeof request,
                          "GET /api/v1/rooms/r%ld/events HTTP/1.1\r\n"
                          "Host: 127.0.0.1:%ld\r\n\r\n",
                          room, settings.port);
    return send(fd, request, length, MSG_NOSIGNAL) == length ? 0 : -1;
}

/* The length of a complete answer head in data; 0: not complete; -1: it does not begin so. */
static long answered(const char *data, size_t length, const char *good)
{
    const char *end = memmem(data, length, "\r\n\r\n", 4);
    if (!end)
        return length < ANSWER_SIZE ? 0 : -1;
    return memcmp(data, good, strlen(good)) == 0 ? end + 4 - data : -1;
}

long upgraded(const char *data, size_t length)
{
    return answered(data, length, "HTTP/1.1 101");
}

/* Wait until the socket is ready for what is asked; 0, or -1 when the deadline is over. */
static int wait_for(int fd, short events, int64_t deadline)
{
    struct pollfd ready = {.fd = fd, .events = events};
    int64_t left = (deadline - now_ns()) / NS_PER_MS;
    return left > 0 && poll(&ready, 1, (int)left) == 1 ? 0 : -1;
}

static int shake_hands(int fd, long followed, char *rest, size_t *rest_length)
{
    const char *good = followed < 0 ? "HTTP/1.1 101" : "HTTP/1.1 200";
    int64_t deadline = now_ns() + CONNECT_TIMEOUT_MS * NS_PER_MS;
    char answer[ANSWER_SIZE];
    size_t filled = 0;
    long head = 0;
    if (begin_connect(fd) || wait_for(fd, POLLOUT, deadline))
        return -1;
    if (followed < 0 ? ask_upgrade(fd) : ask_events(fd, followed))
        return -1;
    while (!head) {
        if (wait_for(fd, POLLIN, deadline))
            return -1;
        ssize_t got = recv(fd, answer + filled, sizeof answer - filled, 0);
        if (got <= 0)
            return -1;
        filled += got;
        head = answered(answer, filled, good);
    }
    if (head < 0)
        return -1;
    *rest_length = filled - head;
    memcpy(rest, answer + head, *rest_length);
    return 0;
}

int connect_client(int receive_buffer, long followed, char *rest, size_t *rest_length)
{
    int fd = open_socket(receive_buffer);
    if (shake_hands(fd, followed, rest, rest_length) == 0)
        return fd;
    close(fd);
    return -1;
}
