package Civic::Receiver;

# An app that the sandbox notifies: notes each request, answers as it is told.
#
#     my $receiver = Civic::Receiver->new(Civic::Process::folder());
#     ... upstreams => { app => $receiver->port } ...
#     $receiver->answer_with('200 success');      # and forgets what came
#     my @came = $receiver->came;                 # [ request line, body ] ...

use strict;
use warnings;

use Carp qw(croak);
use IO::Socket::INET;
use POSIX ();

use Civic::Process;

sub new {
    my ($class, $folder) = @_;
    my $port = Civic::Process::port();
    my $self = bless { port => $port, says => "$folder/says",
        heard => "$folder/heard" }, $class;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
        LocalPort => $port, Listen => 16, ReuseAddr => 1)
        or croak "listen: $!";

    $self->answer_with('200 success');
    Civic::Process::background('receiver', sub {
        $SIG{CHLD} = 'IGNORE';
        $SIG{TERM} = sub { POSIX::_exit(0) };
        while (1) {
            my $socket = $listener->accept or next;
            next if fork;
            $self->_serve($socket);
            POSIX::_exit(0);
        }
    });
    close $listener;
    return $self;
}

sub port { return $_[0]{port} }

# "200 success": the status, and the body.
sub answer_with {
    my ($self, $text) = @_;

    open my $file, '>:raw', "$self->{says}.new" or croak "says: $!";
    print {$file} $text;
    close $file or croak "says: $!";
    rename "$self->{says}.new", $self->{says} or croak "says: $!";
    unlink $self->{heard};
    return;
}

sub came {
    my ($self) = @_;

    return map { [ /^(.*) (\S*)$/ ] } split /\n/, _text($self->{heard});
}

sub _text {
    my ($path) = @_;

    open my $file, '<:raw', $path or return '';
    local $/;
    return <$file> // '';
}

sub _serve {
    my ($self, $socket) = @_;
    my $bytes = '';

    while (1) {
        until ($bytes =~ /\r\n\r\n/) {
            sysread $socket, $bytes, 65536, length $bytes or return;
        }
        my ($head, $body) = split /\r\n\r\n/, $bytes, 2;
        my ($length) = $head =~ /^content-length: (\d+)/mi;
        while (length $body < $length) {
            sysread $socket, $body, 65536, length $body or return;
        }
        open my $file, '>>', $self->{heard} or return;
        syswrite $file, $head =~ s/\r\n.*//sr . ' '
            . substr($body, 0, $length) . "\n";
        close $file;
        my ($status, $said) = split / /, _text($self->{says}), 2;
        syswrite $socket, "HTTP/1.1 $status X\r\nContent-Length: "
            . length($said) . "\r\n\r\n$said";
        $bytes = substr $body, $length;
    }
    return;
}

1;
