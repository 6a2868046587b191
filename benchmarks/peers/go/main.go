// The Go peer: a chat of one room in the shape of the well-known example. A hub goroutine owns
// the clients; each client has a goroutine that reads, one that writes, and a channel between.
package main

import (
	"bytes"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/gorilla/websocket"
)

const (
	writeTimeout = 10 * time.Second
	pongTimeout  = 60 * time.Second
	pingInterval = pongTimeout * 9 / 10 // so that a pong is there before the time is over
	messageLimit = 4096                 // bytes; the example has 512
	sendBuffer   = 256                  // messages that may wait for one client
)

var upgrader = websocket.Upgrader{ReadBufferSize: 1024, WriteBufferSize: 1024}

// client stands between one connection and the hub.
type client struct {
	hub  *hub
	conn *websocket.Conn
	send chan []byte
}

// hub owns the set of clients. All that concerns it arrives by its channels.
type hub struct {
	clients    map[*client]struct{}
	register   chan *client
	unregister chan *client
	broadcast  chan []byte
}

func newHub() *hub {
	return &hub{
		clients:    make(map[*client]struct{}),
		register:   make(chan *client),
		unregister: make(chan *client),
		broadcast:  make(chan []byte),
	}
}

func (h *hub) run() {
	for {
		select {
		case c := <-h.register:
			h.clients[c] = struct{}{}
		case c := <-h.unregister:
			h.remove(c)
		case message := <-h.broadcast:
			h.fanOut(message)
		}
	}
}

func (h *hub) remove(c *client) {
	if _, known := h.clients[c]; known {
		delete(h.clients, c)
		close(c.send)
	}
}

// fanOut never waits: a client whose channel is full is taken for dead or stuck.
func (h *hub) fanOut(message []byte) {
	for c := range h.clients {
		select {
		case c.send <- message:
		default:
			h.remove(c)
		}
	}
}

// readPump is the only reader of its connection.
func (c *client) readPump() {
	defer func() {
		c.hub.unregister <- c
		c.conn.Close()
	}()
	c.conn.SetReadLimit(messageLimit)
	alive := func(string) error { return c.conn.SetReadDeadline(time.Now().Add(pongTimeout)) }
	_ = alive("")
	c.conn.SetPongHandler(alive)
	for {
		_, message, err := c.conn.ReadMessage()
		if err != nil {
			return
		}
		c.hub.broadcast <- bytes.TrimSpace(bytes.ReplaceAll(message, []byte{'\n'}, []byte{' '}))
	}
}

// writePump is the only writer of its connection.
func (c *client) writePump() {
	ping := time.NewTicker(pingInterval)
	defer func() {
		ping.Stop()
		c.conn.Close()
	}()
	for {
		var err error
		select {
		case message, open := <-c.send:
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if !open {
				_ = c.conn.WriteMessage(websocket.CloseMessage, nil)
				return
			}
			err = c.write(message)
		case <-ping.C:
			_ = c.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			err = c.conn.WriteMessage(websocket.PingMessage, nil)
		}
		if err != nil {
			return
		}
	}
}

// write sends a message, and those that wait behind it, as the lines of one WebSocket message.
func (c *client) write(message []byte) error {
	w, err := c.conn.NextWriter(websocket.TextMessage)
	if err != nil {
		return err
	}
	_, _ = w.Write(message)
	for waiting := len(c.send); waiting > 0; waiting-- {
		_, _ = w.Write([]byte{'\n'})
		_, _ = w.Write(<-c.send)
	}
	return w.Close()
}

func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &client{hub: h, conn: conn, send: make(chan []byte, sendBuffer)}
	h.register <- c
	go c.writePump()
	go c.readPump()
}

func main() {
	h := newHub()
	go h.run()
	http.HandleFunc("/ws", h.serve)
	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	_, _ = os.Stdout.WriteString("listening\n")
	log.Fatal(http.Serve(listener, nil))
}
