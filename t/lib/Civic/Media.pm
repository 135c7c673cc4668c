package Civic::Media;

# A media engine for a test, with the sandbox and all: started by pid, ended
# at the end of the test file.
#
#     my $media = Civic::Media->start(workers => 2, faces => 1);
#     my $answer = $media->post('/v1/photos/measure', photo('good.jpg'));
#     my $civic = civic(plugins => ['photo_check'],
#         http => internal({ media => $media->location }));
#
# finish() of Civic::Test does not know it; $media->stop tells its status, and
# $media->alarms what no log may have.

use strict;
use warnings;

use Carp qw(croak);
use Exporter ();
use IO::Socket::UNIX;
use Time::HiRes qw(sleep);

use Civic::Client;
use Civic::Nginx;
use Civic::Process;

our @ISA = ('Exporter');
our @EXPORT = qw(photo);

my $root = Civic::Process::ROOT;

# What faces are found with; tools/models.sh fetches them.
my $models = "$root/build/share/faces";

# The bytes of a photo that t/photos draws.
sub photo {
    my ($name) = @_;
    my $path = Civic::Nginx::build() . "/photos/$name";

    open my $file, '<:raw', $path or croak "$path: $! (make fixtures)";
    local $/;
    return scalar <$file>;
}

# Whether there are models; without them say so and skip.
sub has_models { return -e "$models/dlib_face_recognition_resnet_model_v1.dat" }

# start(workers => 2, faces => 1: with models, options => [ '--time', 500 ],
#     folder => where its socket is, user => name): waits until it serves.
sub start {
    my ($class, %arg) = @_;
    my $self = bless { workers => 2, folder => Civic::Process::folder(),
        user => 'nobody', %arg }, $class;

    $self->{socket} = "$self->{folder}/media.sock";
    $self->{log} = "$self->{folder}/media.log";
    unlink $self->{log};                # of another one in the same folder
    $self->launch;
    Civic::Process::wait_for("the engine ($self->{log})", 60, sub {
        Civic::Process::alive($self->{pid})
            or croak 'the engine ended: ' . $self->log_text;
        return $self->log_text =~ /ready: \d+ workers/;
    });
    return $self;
}

# The command, as it is run; the mode lets nginx's workers in.
sub command {
    my ($self) = @_;

    return (Civic::Nginx::build() . '/civic-media',
        '--socket', $self->{socket}, '--mode', '0666',
        '--workers', $self->{workers},
        ($> == 0 ? ('--user', $self->{user}) : ()),
        ($self->{faces} ? ('--models', $models) : ()),
        @{ $self->{options} || [] });
}

# Starts it, and waits for nothing.
sub launch {
    my ($self) = @_;
    my %env = Civic::Nginx::asan()
        ? (ASAN_OPTIONS => 'detect_leaks=1:detect_odr_violation=0',
           LSAN_OPTIONS => "suppressions=$root/t/lib/lsan.supp",
           UBSAN_OPTIONS => 'print_stacktrace=1')
        : ();

    return $self->{pid} = Civic::Process::start(name => 'civic-media',
        command => [ $self->command ], log => $self->{log}, env => \%env);
}

# A second engine with the words of another, and a log of its own.
sub new_like {
    my ($class, $other) = @_;
    my $self = bless { %$other }, $class;

    $self->{log} = "$self->{folder}/second.log";
    $self->launch;
    return $self;
}

sub pid    { return $_[0]{pid} }
sub path   { return $_[0]{socket} }

# For internal() of Civic::Outbound: how the upstream is spoken to.
sub location {
    my ($self) = @_;

    return 'set $civic_upstream_host media; '
        . "proxy_pass http://unix:$self->{socket}:\$civic_upstream_uri; "
        . 'proxy_request_buffering off; client_body_buffer_size 64k;';
}

# The status of its end.
sub stop {
    my ($self, $signal) = @_;

    return Civic::Process::stop($self->{pid}, $signal || 'TERM', 30);
}

sub workers {
    my ($self) = @_;
    my $pid = $self->{pid};

    open my $file, '<', "/proc/$pid/task/$pid/children" or return ();
    return split ' ', <$file> // '';
}

# A field of /proc/<pid>/status.
sub status_of {
    my ($pid, $field) = @_;

    local $/ = "\n";
    open my $file, '<', "/proc/$pid/status" or return undef;
    while (my $line = <$file>) {
        return $1 if $line =~ /^$field:\s*(.*?)\s*$/;
    }
    return undef;
}

sub log_text {
    my ($self) = @_;

    open my $file, '<', $self->{log} or return '';
    local $/;
    return scalar(<$file>) // '';
}

sub log_has {
    my ($self, $pattern) = @_;

    return eval {
        Civic::Process::wait_for("$pattern", 10,
            sub { $self->log_text =~ $pattern });
        1;
    } || 0;
}

# Lines of the log that tell of a bug.
sub alarms {
    my ($self) = @_;

    return grep { /Sanitizer|runtime error|not on its list|signal 11/ }
        split /\n/, $self->log_text;
}

# ---- as a client -----------------------------------------------------------

sub connect {
    my ($self) = @_;

    return IO::Socket::UNIX->new(Peer => $self->{socket})
        || croak "$self->{socket}: $!";
}

# The bytes of a request.
sub message {
    my ($method, $path, $body, %headers) = @_;
    my $text = "$method $path HTTP/1.1\r\nHost: media\r\n";

    $headers{'Content-Type'} //= 'image/jpeg' if defined $body;
    $headers{'Content-Length'} //= length $body if defined $body;
    $text .= "$_: $headers{$_}\r\n" for sort keys %headers;
    return "$text\r\n" . ($body // '');
}

# Writes all of it, unless the other side has gone.
sub put {
    my ($socket, $bytes) = @_;
    my $at = 0;

    local $SIG{PIPE} = 'IGNORE';
    while ($at < length $bytes) {
        my $n = syswrite $socket, $bytes, length($bytes) - $at, $at;
        return 0 if !$n;
        $at += $n;
    }
    return 1;
}

# { status (0: no answer), headers, content, json }.
sub request {
    my ($self, $method, $path, $body, %headers) = @_;
    my $socket = $self->connect;

    put($socket, message($method, $path, $body, %headers));
    return read_answer($socket);
}

sub read_answer {
    my ($socket, $seconds) = @_;
    my $bytes = Civic::Client::read_all($socket, $seconds || 60);
    my $answer = Civic::Client::parsed($bytes);

    $answer->{media} = eval {
        JSON::PP->new->decode($answer->{headers}{'civic-media'})
    } if $answer->{headers}{'civic-media'};
    return $answer;
}

sub get  { my ($self, $path) = @_; return $self->request('GET', $path) }
sub post { my ($self, @rest) = @_; return $self->request('POST', @rest) }

# POST /v1/faces/compare; parts in their order: name => bytes.
sub compare {
    my ($self, @parts) = @_;

    return $self->post('/v1/faces/compare', form(@parts),
        'Content-Type' => 'multipart/form-data; boundary=between');
}

# POST /v1/documents: document('format=pdf', { pages => [...] },
#     photo => [ 'image/jpeg', $bytes ]); a text instead of the list goes as it
# is.
sub document {
    my ($self, $query, $list, @pictures) = @_;
    my $json = ref $list ? JSON::PP->new->utf8->canonical->encode($list)
                         : $list;
    my @parts = (document => [ 'application/json', $json ], @pictures);
    my $text = '';

    while (my ($name, $part) = splice @parts, 0, 2) {
        $text .= "--between\r\nContent-Disposition: form-data; "
            . "name=\"$name\"\r\nContent-Type: $part->[0]\r\n\r\n"
            . "$part->[1]\r\n";
    }
    return $self->post("/v1/documents?$query", "$text--between--\r\n",
        'Content-Type' => 'multipart/form-data; boundary=between');
}

sub form {
    my (@parts) = @_;
    my $text = '';

    while (my ($name, $bytes) = splice @parts, 0, 2) {
        $text .= "--between\r\nContent-Disposition: form-data; "
            . "name=\"$name\"; filename=\"$name.jpg\"\r\n"
            . "Content-Type: image/jpeg\r\n\r\n$bytes\r\n";
    }
    return "$text--between--\r\n";
}

1;
