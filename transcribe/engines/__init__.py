"""The programs and libraries that do the heavy work; the only folder that starts or imports them."""
