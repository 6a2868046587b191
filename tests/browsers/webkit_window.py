#!/usr/bin/python3
"""A window with WebKit in it that WebKitWebDriver fills; run by Debian's Python.

Debian's own MiniBrowser would do, but for two things: it writes no console, as it forgets what it
stores, and its tools make it wider than a phone.
"""

import os
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")

from gi.repository import Gtk, WebKit2  # noqa: E402 - only now it is known which

NAME = "MiniBrowser"  # the one that Selenium asks for
VERSION = (WebKit2.MAJOR_VERSION, WebKit2.MINOR_VERSION, WebKit2.MICRO_VERSION)


def main(folder: str) -> None:
    """Wait for the driver, and be there until it ends this."""
    log = os.open(f"{folder}/log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for output in (1, 2):  # WebKit's own processes inherit them
        os.dup2(log, output)
    store = WebKit2.WebsiteDataManager(base_data_directory=folder, base_cache_directory=folder)
    context = WebKit2.WebContext(website_data_manager=store)
    context.set_preferred_languages(["en-US"])
    context.set_automation_allowed(True)
    context.connect("automation-started", begin)
    Gtk.main()


def begin(context: WebKit2.WebContext, session: WebKit2.AutomationSession) -> None:
    """Say who this is, and open a window when the driver wants one."""
    info = WebKit2.ApplicationInfo.new()
    info.set_name(NAME)
    info.set_version(*VERSION)
    session.set_application_info(info)
    session.connect("create-web-view", lambda _: open_window(context))


def open_window(context: WebKit2.WebContext) -> WebKit2.WebView:
    """Open a window with nothing but the page in it."""
    settings = WebKit2.Settings(enable_write_console_messages_to_stdout=True)
    view = WebKit2.WebView(web_context=context, is_controlled_by_automation=True, settings=settings)
    window = Gtk.Window()
    window.add(view)
    view.connect("close", lambda _: window.destroy())
    window.connect("destroy", Gtk.main_quit)
    window.show_all()
    window.present()
    view.grab_focus()
    return view


main(sys.argv[1])
