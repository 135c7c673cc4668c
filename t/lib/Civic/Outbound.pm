package Civic::Outbound;

# What the tests of outbound HTTP have beyond Civic::Test: an upstream that
# does as its paths say, the shipped internal server in a test's folder, and
# short forms.
#
#     my $up = upstream();
#     my $civic = civic(fixtures => ['outbound'],
#         http => internal({ bank => $up->{port} }));
#     my $told = ask($civic, upstream => 'bank', path => '/ok');

use strict;
use warnings;

use Carp qw(croak);
use Digest::SHA qw(sha256_hex);
use Exporter qw(import);
use IO::Socket::INET;
use Time::HiRes qw(sleep);

use Civic::Process;

our @EXPORT = qw(upstream internal ask OK ABORTED ERROR NOT_SENT UNKNOWN
    requests closed_early forget_requests certificate);

use constant {
    OK => 0, ABORTED => -1, ERROR => -2, NOT_SENT => -3, UNKNOWN => -4,
};

my $root = Civic::Process::ROOT;

sub _text {
    my ($path) = @_;

    open my $file, '<', $path or croak "$path: $!";
    local $/;
    return scalar <$file>;
}

# The text for http { }: the shipped files, with the test's own paths.
# { name => port or [ ports ] or text of a location }; more => text for the
# server, groups => text for http.
sub internal {
    my ($names, %arg) = @_;
    my $dir = $arg{folder} || Civic::Process::folder();
    my ($groups, $locations) = ($arg{groups} || '', $arg{more} || '');

    for my $name (sort keys %$names) {
        my $value = $names->{$name};
        if (!ref $value && $value !~ /^\d+$/) {
            $locations .= "location /$name/ { $value }\n";
            next;
        }
        my $servers = join ' ', map { "server 127.0.0.1:$_ max_fails=0;" }
            ref $value ? @$value : $value;
        $groups .= "upstream civic-$name { $servers keepalive 4; }\n";
        $locations .= "location /$name/ { set \$civic_upstream_host "
            . "$name.example;\n"
            . "proxy_pass http://civic-$name\$civic_upstream_uri; }\n";
    }
    my $server = _text("$root/conf/civic-upstreams-server.conf");
    my $text = _text("$root/conf/civic-upstreams.conf");

    $server =~ s{/var/log/nginx/}{$dir/};
    $server =~ s{/etc/ssl/certs/ca-certificates.crt}{$arg{ca}} if $arg{ca};
    $text =~ s{/run/civic/upstreams.sock}{$dir/upstreams.sock}g;
    $text =~ s{include /etc/civic/upstreams.d/\*.conf;}{$groups};
    $text =~ s{include /etc/civic/civic-upstreams-server.conf;}{$server};
    $text =~ s{include /etc/civic/upstreams.d/\*.location;}{$locations};
    return $text;
}

# What the fixture tells of a request: { result, status, body, headers ... };
# {answer} is the whole answer.
sub ask {
    my ($civic, %arg) = @_;
    my $client = delete $arg{client} || $civic->client;
    my $route = delete $arg{route} || 'requests';
    my $headers = delete $arg{headers} || {};
    my $answer = $client->post("/outbound/$route", json => \%arg,
        headers => $headers);

    return { %{ ref $answer->{json} eq 'HASH' ? $answer->{json} : {} },
        answer => $answer };
}


# ---- the upstream --------------------------------------------------------------

# upstream(port => n): a server of its own process that answers as the path
# says; { port, pid, log }.
sub upstream {
    my (%arg) = @_;
    my $port = $arg{port} || Civic::Process::port();
    my $log = $arg{log} || Civic::Process::folder() . '/requests';
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 128, ReuseAddr => 1)
        or croak "listen: $!";
    my $pid = Civic::Process::background('upstream', sub {
        $SIG{CHLD} = 'IGNORE';
        $SIG{PIPE} = 'IGNORE';
        $SIG{TERM} = sub { POSIX::_exit(0) };
        while (1) {
            my $socket = $listener->accept or next;
            my $child = fork;
            next if $child;
            close $listener;
            _serve($socket, $log);
            POSIX::_exit(0);
        }
    });

    close $listener;
    return { port => $port, pid => $pid, log => $log };
}

# The requests that came: "METHOD path", in order; or those of the path.
sub requests {
    my ($up, $path) = @_;

    return if !-e $up->{log};
    my @lines = grep { !/^closed / } split /\n/, _text($up->{log});
    return defined $path ? grep { / \Q$path\E$/ } @lines : @lines;
}

# Whether the other side closed before this path's answer was over.
sub closed_early {
    my ($up, $path) = @_;

    return -e $up->{log} && _text($up->{log}) =~ /^closed \Q$path\E$/m;
}

sub forget_requests {
    my ($up) = @_;

    unlink $up->{log};
    return;
}

sub _note {
    my ($log, $line) = @_;

    open my $file, '>>', $log or return;
    syswrite $file, "$line\n";
    close $file;
    return;
}

sub _read_request {
    my ($socket, $rest) = @_;
    my $bytes = $rest;

    while ($bytes !~ /\r\n\r\n/) {
        sysread $socket, $bytes, 65536, length $bytes or return;
    }
    my ($head, $body) = split /\r\n\r\n/, $bytes, 2;
    my $length = $head =~ /^content-length: (\d+)/mi ? $1 : 0;
    while (length $body < $length) {
        sysread $socket, $body, 65536, length $body or return;
    }
    my ($method, $path) = $head =~ /^(\S+) (\S+)/;
    return { head => $head, body => substr($body, 0, $length),
        method => $method, path => $path,
        rest => substr $body, $length };
}

sub _serve {
    my ($socket, $log) = @_;
    my $rest = '';

    while (my $request = _read_request($socket, $rest)) {
        $rest = $request->{rest};
        _note($log, "$request->{method} $request->{path}");
        _answer($socket, $request, $log) or last;
    }

    # for the other side to see the end whoever else holds the socket
    shutdown $socket, 1 if !$socket->isa('IO::Socket::SSL');
    close $socket;
    return;
}

sub _say {
    my ($socket, $status, $body, @headers) = @_;

    return defined syswrite $socket, join "\r\n", "HTTP/1.1 $status X",
        'Content-Length: ' . length $body, 'Content-Type: text/plain',
        @headers, '', $body;
}

# Sleeps, and notes it if the other side goes away meanwhile.
sub _wait {
    my ($socket, $seconds, $path, $log) = @_;
    my $select = IO::Select->new($socket);

    if ($select->can_read($seconds) && !sysread $socket, my $byte, 1) {
        _note($log, "closed $path");
        return 0;
    }
    return 1;
}

# True if the connection goes on.
sub _answer {
    my ($socket, $request, $log) = @_;
    my $path = $request->{path};
    my $head = "HTTP/1.1 200 OK\r\n";
    my $say = sub { syswrite $socket, $_[0]; return 0 };

    return _say($socket, $1, "status $1\n") if $path =~ m{^/status/(\d+)};
    return _say($socket, 200, 'x' x $1) if $path =~ m{^/bytes/(\d+)};
    if ($path =~ m{^/slow/([\d.]+)}) {
        return _wait($socket, $1, $path, $log) && _say($socket, 200, 'slow');
    }
    return _say($socket, 200, sha256_hex($request->{body}))
        if $path eq '/digest';
    return 0 if $path eq '/close';
    return $say->("${head}Content-Length: 100\r\n\r\nhalf of it")
        if $path eq '/half';
    return $say->("${head}Content-Le") if $path eq '/half-head';
    return $say->("\0\xff\x80 nonsense\r\n\r\n") if $path eq '/garbage';
    return $say->("${head}Content-Length: -17\r\n\r\nx")
        if $path eq '/bad-length';
    return $say->("${head}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")
        if $path eq '/half-chunks';
    # it closes, and says so: else nginx may send the next one into that end
    return $say->("${head}Connection: close\r\n"
        . "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"
        . "6;x=y\r\n again\r\n0\r\nX-Sum: 1\r\n\r\n") if $path eq '/chunks';
    return $say->("HTTP/1.0 200 OK\r\n\r\nuntil the end")
        if $path eq '/no-length';
    return $say->("${head}X-Long: " . 'x' x 60000
        . "\r\nContent-Length: 0\r\n\r\n") if $path eq '/big-head';
    return $say->("HTTP/1.1 100 Continue\r\n\r\n${head}Content-Length: 2\r\n"
        . "Connection: close\r\n\r\nok") if $path eq '/interim';
    if ($path =~ '^/lies') {        # more is announced than comes
        $say->("${head}Content-Length: 1000\r\n\r\nthis much");
        return _wait($socket, 20, $path, $log);
    }
    if ($path =~ '^/endless') {
        $say->("${head}\r\n");
        1 while defined syswrite $socket, 'endless ' x 1024;
        _note($log, "closed $path");
        return 0;
    }
    if ($path =~ '^/drips') {       # one byte at a time, for ever
        $say->("${head}\r\n");
        while (defined syswrite $socket, '.') { sleep 0.05 }
        _note($log, "closed $path");
        return 0;
    }
    if ($path =~ '^/second') {      # closes once, then answers
        my $mark = "$log.second" . ($path =~ tr{/}{_}r);
        return _say($socket, 200, 'second time') if -e $mark;
        _note($mark, 'once');
        return 0;
    }
    return _say($socket, 502, 'lie', 'Civic-Upstream: sent=0 answered=-')
        if $path eq '/lying-mark';
    return _say($socket, 200, 'not obeyed', 'X-Accel-Redirect: /other/ok')
        if $path eq '/accel';
    return _say($socket, 200, "$request->{head}\n\n$request->{body}",
        'X-Two: 2');
}

# certificate($dir, $name): a CA "$dir/ca.pem" (made once) and
# "$dir/$name.pem", "$dir/$name.key" for that name.
sub certificate {
    my ($dir, $name) = @_;
    my $run = sub {
        system("cd $dir && openssl @_ > openssl.log 2>&1") == 0
            or croak _text("$dir/openssl.log");
    };

    $run->(qw(req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=test-ca
        -keyout ca.key -out ca.pem)) if !-e "$dir/ca.pem";
    $run->(qw(req -newkey rsa:2048 -nodes), "-subj /CN=$name",
        "-keyout $name.key -out $name.csr");
    open my $file, '>', "$dir/$name.ext" or croak "$dir: $!";
    print {$file} "subjectAltName=DNS:$name\n";
    close $file;
    $run->("x509 -req -in $name.csr -CA ca.pem -CAkey ca.key -CAcreateserial "
        . "-days 2 -extfile $name.ext -out $name.pem");
    return;
}

1;
