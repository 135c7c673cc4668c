package Civic::Client;

# What a phone or a browser does: requests, JSON, the login; and bytes on the
# wire for what no polite client sends.

use strict;
use warnings;

use Carp qw(croak);
use HTTP::Tiny;
use IO::Socket::INET;
use IO::Select;
use JSON::PP ();
use Socket qw(IPPROTO_TCP TCP_NODELAY);
use Time::HiRes qw(sleep time);

# HTTP::Tiny writes head and body apart: without this the body would wait
# 40 ms for the head's acknowledgement.
{
    my $connect = \&HTTP::Tiny::Handle::connect;

    no warnings 'redefine';
    *HTTP::Tiny::Handle::connect = sub {
        my $handle = $connect->(@_);

        setsockopt $handle->{fh}, IPPROTO_TCP, TCP_NODELAY, 1;
        return $handle;
    };
}

my $json = JSON::PP->new->utf8->canonical->allow_nonref;
my @seen;

# new(url => 'http://127.0.0.1:8088').
sub new {
    my ($class, %arg) = @_;

    return bless {
        timeout => 30, headers => {}, %arg,
        http => HTTP::Tiny->new(timeout => $arg{timeout} || 30,
            keep_alive => 1, max_redirect => 0, agent => 'civic-test'),
    }, $class;
}

# request('POST', '/login/password', json => {...}, token => '...',
#         headers => {...}, body => bytes, type => 'application/json').
# Gives { status, headers (lower case), content, json (if it is JSON) }.
sub request {
    my ($self, $method, $path, %arg) = @_;
    my %headers = (%{ $self->{headers} }, %{ $arg{headers} || {} });
    my $body = $arg{body};

    if (exists $arg{json}) {
        $body = $json->encode($arg{json});
        $headers{'Content-Type'} //= 'application/json';
    }
    $headers{'Content-Type'} = $arg{type} if $arg{type};
    $headers{Authorization} = "Bearer $arg{token}" if defined $arg{token};
    my $answer = $self->{http}->request($method, "$self->{url}$path", {
        headers => \%headers, (defined $body ? (content => $body) : ()),
    });
    croak "$method $path: $answer->{content}" if $answer->{status} == 599;
    decoded($answer);
    push @seen, [ $method, $path, _true($answer) ] if !$self->{unseen};
    return $answer;
}

# The status and the problem's code, also from within an envelope.
sub _true {
    my ($answer) = @_;
    my $body = ref $answer->{json} eq 'HASH' ? $answer->{json} : {};

    return ($body->{status}, ($body->{problem} || {})->{code})
        if exists $body->{ok} && exists $body->{status};
    return ($answer->{status}, $answer->{status} >= 400 ? $body->{code}
        : undef);
}

# What was answered so far, in order: [ method, path, status, code ].
sub seen { return @seen }

# One more, that another client was answered.
sub note_seen { push @seen, [@_]; return }

sub get    { my ($self, @rest) = @_; return $self->request('GET', @rest) }
sub post   { my ($self, @rest) = @_; return $self->request('POST', @rest) }
sub put    { my ($self, @rest) = @_; return $self->request('PUT', @rest) }
sub delete { my ($self, @rest) = @_; return $self->request('DELETE', @rest) }

sub decoded {
    my ($answer) = @_;

    $answer->{json} = eval { $json->decode($answer->{content}) }
        if ($answer->{headers}{'content-type'} // '') =~ /json/;
    return $answer;
}

# A captcha of the sandbox: (captcha_id, its answer).
sub captcha {
    my ($self) = @_;
    my $answer = $self->post('/login/captchas', json => {});

    croak "captcha: $answer->{status} $answer->{content}"
        if $answer->{status} !~ /^2/;
    return @{ $answer->{json} }{qw(captcha_id sandbox_answer)};
}

# The answer of POST /login/password, with a fresh captcha solved.
sub try_login {
    my ($self, $id_number, $password, %arg) = @_;
    my ($id, $solved) = $self->captcha;
    my $fields = delete $arg{fields} || {};

    return $self->post('/login/password', %arg, json => {
        id_number => $id_number, password => $password,
        captcha_id => $id, captcha_answer => $solved, %$fields,
    });
}

# Logs in; the token.
sub login {
    my ($self, $id_number, $password, %arg) = @_;
    my $answer = $self->try_login($id_number, $password, %arg);

    croak "login: $answer->{status} $answer->{content}"
        if $answer->{status} !~ /^2/;
    return $answer->{json}{token};
}

# A socket to the server, for bytes sent by hand.
sub socket {
    my ($self) = @_;
    my ($host, $port) = $self->{url} =~ m{//([^:/]+):(\d+)};

    return IO::Socket::INET->new(PeerAddr => $host, PeerPort => $port,
        Timeout => 15) || croak "connect $host:$port: $!";
}

# Sends the pieces (a number is a pause in seconds; or, if any piece is a
# reference, only a reference to one), reads to the end or for the seconds:
# the bytes.
sub raw {
    my ($self, $pieces, $seconds) = @_;
    my $socket = $self->socket;

    local $SIG{PIPE} = 'IGNORE';
    my @pieces = ref $pieces ? @$pieces : $pieces;
    my $by_reference = grep { ref } @pieces;
    for my $piece (@pieces) {
        if (ref $piece || !$by_reference && $piece =~ /^\d*\.?\d+\z/) {
            sleep(ref $piece ? $$piece : $piece);
            next;
        }
        last if !defined syswrite $socket, $piece;
    }
    return read_all($socket, $seconds);
}

# As raw(), with the first answer taken apart as request() does; its bytes
# behind are in {rest}.
sub raw_request {
    my ($self, $pieces, $seconds) = @_;
    my $bytes = $self->raw($pieces, $seconds);

    return parsed($bytes);
}

sub parsed {
    my ($bytes) = @_;
    my ($head, $content) = split /\r\n\r\n/, $bytes, 2;
    my ($line, @lines) = split /\r\n/, $head // '';
    my %headers;

    return { status => 0, headers => {}, content => $bytes }
        if ($line // '') !~ m{^HTTP/\d\.\d (\d{3})};
    my $status = $1;
    for (@lines) {
        my ($name, $value) = /^([^:]+):\s*(.*)$/ or next;
        $headers{ lc $name } = $value;
    }
    my $length = $headers{'content-length'};
    my $rest = '';
    $rest = substr $content, $length, length $content, ''
        if defined $length && length $content > $length;
    return decoded({ status => $status, headers => \%headers,
        content => $content, rest => $rest });
}

sub read_all {
    my ($socket, $seconds) = @_;
    my $until = time + ($seconds || 5);
    my $select = IO::Select->new($socket);
    my $bytes = '';

    while ((my $left = $until - time) > 0) {
        $select->can_read($left) or last;
        sysread($socket, $bytes, 65536, length $bytes) or last;
    }
    return $bytes;
}

1;
