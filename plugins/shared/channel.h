/*
 * channel.h - from where somebody calls: the Alipay app, WeChat, a browser.
 *
 * A client tells its channel in the header Civic-Channel.  One that does not
 * is told by what WeChat's browser and mini-programs send of themselves.
 * Nothing is protected by it: who calls from a channel that is closed is told
 * so, in the notice's words, and where to go instead.
 */

#ifndef CIVIC_SHARED_CHANNEL_H
#define CIVIC_SHARED_CHANNEL_H

#include "civic_plugin.h"

/* "alipay", "wechat", "web" ...: a name, always. */
civic_str_t shared_channel(civic_request_t *r);

/* Small letters, digits and "_", as the channel of a consent. */
int shared_is_channel(civic_str_t text);

#endif
