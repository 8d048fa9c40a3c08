"""Collecting on the phone: devices, what each of them holds, and what they bring. The browser side is in `static/phone/`."""
