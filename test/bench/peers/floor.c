// The floor: what one thread can do here in C with epoll, sending the same reply, each event an HTTP chunk of its own.
// Takes what one read gives for one request, and sends the last two events in one segment. Usage: floor PORT DELAY_MS CHUNKS CHUNK_BYTES
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>

struct due { uint64_t ns; int fd, next; unsigned turn; };
static struct due queue[1 << 20]; // all delays are equal, so what joins last is due last
static unsigned head, tail;
static unsigned turns[1 << 20]; // how often a descriptor has been closed: its next connection gets nothing of the last one's
static char *frames[4096], whole[1 << 20];
static int sizes[4096], count, total;
static char buffer[65536];

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void frame(const char *data, const char *before, const char *after) {
  char *text = malloc(strlen(data) + 512);
  sizes[count] = sprintf(text, "%s%zx\r\n%s\r\n%s", before, strlen(data), data, after);
  memcpy(whole + total, text, sizes[count]);
  total += sizes[count];
  frames[count++] = text;
}

int main(int argc, char **argv) {
  if (argc < 5) return 2;
  uint64_t delay = atof(argv[2]) * 1e6;
  int chunks = atoi(argv[3]), bytes = atoi(argv[4]), one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const char *start = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n";
  const char *shape = "data: {\"id\":\"chatcmpl-mock\",\"object\":\"chat.completion.chunk\",\"created\":1700000000,\"model\":\"mock-model\",\"choices\":[{\"index\":0,\"delta\":{%s%s%s},\"logprobs\":null,\"finish_reason\":%s}]}\n\n";
  char *text = malloc(bytes + 1), *data = malloc(bytes + 512);
  memset(text, 'x', bytes), text[bytes] = 0;
  for (int i = 0; i < chunks; i++) {
    sprintf(data, shape, i ? "\"content\":\"" : "\"role\":\"assistant\",\"content\":\"", text, "\"", "null");
    frame(data, i ? "" : start, "");
  }
  sprintf(data, shape, "", "", "", "\"stop\"");
  frame(data, "", "e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (void *)&address, sizeof address) || listen(listener, 4096)) return perror("floor"), 1;
  int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[512];
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    uint64_t at = now(), wait = head != tail && queue[head].ns > at ? queue[head].ns - at : 0;
    struct timespec limit = {wait / 1000000000, wait % 1000000000};
    int found = epoll_pwait2(poll, ready, 512, head == tail ? NULL : &limit, NULL);
    for (int i = 0; i < found; i++) {
      int fd = ready[i].data.fd;
      if (fd == listener) {
        while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          event.data.fd = fd;
          epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
        }
      } else if (read(fd, buffer, sizeof buffer) <= 0) close(fd), turns[fd]++;
      else if (delay == 0) send(fd, whole, total, MSG_NOSIGNAL);
      else queue[tail++ & 0xfffff] = (struct due){now() + delay, fd, 0, turns[fd]}, tail &= 0xfffff;
    }
    while (head != tail && queue[head].ns <= now()) {
      struct due due = queue[head++];
      head &= 0xfffff;
      if (turns[due.fd] == due.turn && send(due.fd, frames[due.next], sizes[due.next], MSG_NOSIGNAL) > 0 && ++due.next < count)
        due.ns += delay, queue[tail++] = due, tail &= 0xfffff;
    }
  }
}
